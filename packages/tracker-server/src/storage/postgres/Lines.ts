import { Line } from "./Line.ts"

/** Waiting events that are worth a second transaction: most of what fewer would cost is the transaction. */
const enoughForSecond = 100

/** The lines of all tenants that have requests. */
export class Lines {
  readonly #worthSecond: number
  readonly #byTenant = new Map<string, Line>()

  /** @param worthSecond Waiting events that begin a second transaction beside one that is running. Default 100. */
  constructor(worthSecond = enoughForSecond) {
    this.#worthSecond = worthSecond
  }

  get size(): number {
    return this.#byTenant.size
  }

  of(tenantId: string): Line {
    const line = this.#byTenant.get(tenantId) ?? new Line(tenantId, this.#worthSecond)
    this.#byTenant.set(tenantId, line)
    return line
  }

  /** A request may leave a line after another line of its tenant has taken its place: that one stays. */
  forgetIfEmpty(line: Line): void {
    if (line.isEmpty && this.#byTenant.get(line.tenantId) === line) this.#byTenant.delete(line.tenantId)
  }

  [Symbol.iterator](): Iterator<Line> {
    return this.#byTenant.values()
  }
}
