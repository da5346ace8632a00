/**
 * Bytes that some holders share. Whoever finds no room waits: holders take turns, and while others wait none gets beyond
 * half of the budget, so that nobody keeps the rest out.
 */
export class ByteBudget {
  readonly limit: number
  private readonly shares = new Map<string, number>()
  private total = 0
  /** Who waits, by holder, the holder whose turn is next first. */
  private readonly waiting = new Map<string, Set<Place>>()
  constructor(limit: number) {
    this.limit = limit
  }

  /** Whether more is held than the limit, since some turned out more than they were taken for. */
  get isExceeded(): boolean {
    return this.total > this.limit
  }

  /** What all of them have. */
  get held(): number {
    return this.total
  }

  /** What this holder has. */
  heldBy(holder: string): number {
    return this.shares.get(holder) ?? 0
  }

  /** A place for the bytes, taken at once where there is room for them; else `onAdmitted` is called when it is. */
  enter(holder: string, bytes: number, onAdmitted: () => void): Place {
    const place = new Place(this, holder, bytes, onAdmitted)
    const line = this.waiting.get(holder) ?? new Set()
    this.waiting.set(holder, line.add(place))
    this.admit()
    return place
  }

  /** For places alone: takes bytes, or gives them back where negative. */
  change(holder: string, bytes: number): void {
    this.add(holder, bytes)
    this.admit()
  }

  /** For places alone: waits no more. */
  forget(place: Place): void {
    this.remove(place)
    this.admit()
  }

  private add(holder: string, bytes: number): void {
    this.total += bytes
    const now = this.heldBy(holder) + bytes
    if (now === 0) this.shares.delete(holder)
    else this.shares.set(holder, now)
  }

  private remove(place: Place): void {
    const line = this.waiting.get(place.holder)
    line?.delete(place)
    if (line?.size === 0) this.waiting.delete(place.holder)
  }

  private admit(): void {
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const line = this.waiting.get(next.holder)
      this.remove(next)
      // Its holder's next turn comes after everybody else's.
      if (line !== undefined && this.waiting.delete(next.holder)) this.waiting.set(next.holder, line)
      this.add(next.holder, next.bytes)
      next.isAdmitted = true
      next.onAdmitted()
    }
  }

  private next(): Place | undefined {
    for (const [holder, [place]] of this.waiting) {
      if (place !== undefined && this.hasRoom(holder, place.bytes)) return place
    }
    return undefined
  }

  /** What is more than there can be room for fits where nothing is. */
  private hasRoom(holder: string, bytes: number): boolean {
    const own = this.heldBy(holder)
    const mayHave = this.waiting.size > 1 ? this.limit / 2 : this.limit
    return (this.total === 0 || this.total + bytes <= this.limit) && (own === 0 || own + bytes <= mayHave)
  }
}

/** What one request has of a budget, or waits for. */
export class Place {
  /** Set by the budget. */
  isAdmitted = false
  bytes: number
  readonly holder: string
  readonly onAdmitted: () => void
  private readonly budget: ByteBudget
  constructor(budget: ByteBudget, holder: string, bytes: number, onAdmitted: () => void) {
    this.budget = budget
    this.holder = holder
    this.bytes = bytes
    this.onAdmitted = onAdmitted
  }

  /** Corrects how many bytes there are, once that is known. */
  resize(bytes: number): void {
    const more = bytes - this.bytes
    this.bytes = bytes
    this.budget.change(this.holder, more)
  }

  /** Gives the bytes back, or ends the wait for them. */
  leave(): void {
    if (this.isAdmitted) this.budget.change(this.holder, -this.bytes)
    else this.budget.forget(this)
  }
}
