/**
 * A byte budget shared by several holders. A holder that does not fit waits. Waiting holders take turns, and while
 * others wait none gets more than half of the budget, so that no holder can starve the rest.
 */
export class ByteBudget {
  readonly limit: number
  private readonly shares = new Map<string, number>()
  private total = 0
  /** Waiting places by holder, the holder whose turn is next first. */
  private readonly waiting = new Map<string, Set<Place>>()
  constructor(limit: number) {
    this.limit = limit
  }

  /** Whether the limit is exceeded, because some places turned out larger than assumed. */
  get isExceeded(): boolean {
    return this.total > this.limit
  }

  /** Bytes held by all holders. */
  get held(): number {
    return this.total
  }

  /** Bytes held by this holder. */
  heldBy(holder: string): number {
    return this.shares.get(holder) ?? 0
  }

  /** A place for the bytes, admitted at once if they fit; otherwise `onAdmitted` is called when they do. */
  enter(holder: string, bytes: number, onAdmitted: () => void): Place {
    const place = new Place(this, holder, bytes, onAdmitted)
    // Nearly always.
    if (this.waiting.size === 0 && this.hasRoom(holder, bytes)) {
      this.letIn(place)
      return place
    }
    const line = this.waiting.get(holder) ?? new Set()
    this.waiting.set(holder, line.add(place))
    this.admit()
    return place
  }

  /** For use by `Place` only: takes bytes, or releases them if negative. */
  change(holder: string, bytes: number): void {
    this.add(holder, bytes)
    this.admit()
  }

  /** For use by `Place` only: stops waiting. */
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
      // Its holder goes to the back of the line.
      if (line !== undefined && this.waiting.delete(next.holder)) this.waiting.set(next.holder, line)
      this.letIn(next)
    }
  }

  private letIn(place: Place): void {
    this.add(place.holder, place.bytes)
    place.isAdmitted = true
    place.onAdmitted()
  }

  private next(): Place | undefined {
    for (const [holder, [place]] of this.waiting) {
      if (place !== undefined && this.hasRoom(holder, place.bytes)) return place
    }
    return undefined
  }

  /** An amount larger than the whole budget fits if nothing else is held. */
  private hasRoom(holder: string, bytes: number): boolean {
    const own = this.heldBy(holder)
    const mayHave = this.waiting.size > 1 ? this.limit / 2 : this.limit
    return (this.total === 0 || this.total + bytes <= this.limit) && (own === 0 || own + bytes <= mayHave)
  }
}

/** One request's share of a budget, held or waited for. */
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

  /** Corrects the number of bytes once it is known. */
  resize(bytes: number): void {
    const more = bytes - this.bytes
    this.bytes = bytes
    this.budget.change(this.holder, more)
  }

  /** Releases the bytes, or stops waiting for them. */
  leave(): void {
    if (this.isAdmitted) this.budget.change(this.holder, -this.bytes)
    else this.budget.forget(this)
  }
}
