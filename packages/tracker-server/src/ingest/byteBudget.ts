/** Bytes that some holders share. Whoever finds no room waits, first come first served. */
export class ByteBudget {
  readonly limit: number
  private readonly held = new Map<string, number>()
  private total = 0
  private waiting: Array<Place> = []
  constructor(limit: number) {
    this.limit = limit
  }

  /** Whether more is held than the limit, since some turned out more than they were taken for. */
  get isExceeded(): boolean {
    return this.total > this.limit
  }

  /** What this holder has. */
  heldBy(holder: string): number {
    return this.held.get(holder) ?? 0
  }

  /** A place for the bytes, taken at once where there is room for them; else `onAdmitted` is called when it is. */
  enter(holder: string, bytes: number, onAdmitted: () => void): Place {
    const place = new Place(this, holder, bytes, onAdmitted)
    this.waiting.push(place)
    this.admitNext()
    return place
  }

  /** For places alone: takes bytes, or gives them back where negative. */
  add(holder: string, bytes: number): void {
    this.total += bytes
    const now = this.heldBy(holder) + bytes
    if (now === 0) this.held.delete(holder)
    else this.held.set(holder, now)
    this.admitNext()
  }

  /** For places alone: waits no more. */
  forget(place: Place): void {
    this.waiting = this.waiting.filter((other) => other !== place)
    this.admitNext()
  }

  private admitNext(): void {
    // What is more than the whole budget fits into an empty one.
    const next = this.waiting[0]
    if (next === undefined || (this.total > 0 && this.total + next.bytes > this.limit)) return
    this.waiting.shift()
    next.admit()
  }
}

/** What one request has of a budget, or waits for. */
export class Place {
  isAdmitted = false
  bytes: number
  private readonly budget: ByteBudget
  private readonly holder: string
  private readonly onAdmitted: () => void
  constructor(budget: ByteBudget, holder: string, bytes: number, onAdmitted: () => void) {
    this.budget = budget
    this.holder = holder
    this.bytes = bytes
    this.onAdmitted = onAdmitted
  }

  /** The budget's call. */
  admit(): void {
    this.isAdmitted = true
    this.onAdmitted()
    this.budget.add(this.holder, this.bytes)
  }

  /** Corrects how many bytes there are, once that is known. */
  resize(bytes: number): void {
    const more = bytes - this.bytes
    this.bytes = bytes
    this.budget.add(this.holder, more)
  }

  /** Gives the bytes back, or ends the wait for them. */
  leave(): void {
    if (this.isAdmitted) this.budget.add(this.holder, -this.bytes)
    else this.budget.forget(this)
  }
}
