import { freshDatabase } from "@durable-effect/test-support"
import { Effect, Layer, Redacted } from "effect"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import * as TenantSql from "../../src/storage/postgres/TenantSql.ts"
import { cuttableProxy, type CuttableProxyOptions } from "./CuttableProxy.ts"

/** A fresh database, with one connection to it through a proxy that looks at what passes, and direct ones. */
export const watchedPostgres = Effect.fnUntraced(function*(onData: NonNullable<CuttableProxyOptions["onData"]>) {
  const direct = yield* freshDatabase()
  const url = new URL(Redacted.value(direct))
  url.host = new URL((yield* cuttableProxy(`http://${url.host}`, { onData })).url).host
  return {
    direct: PgConnection.layer({ url: direct }),
    watched: Layer.provideMerge(
      TenantSql.layer,
      PgConnection.layer({ url: Redacted.make(url.href), maxConnections: 1 })
    )
  }
})

/** Counts round trips: how often something was sent after something had come. */
export class RoundTrips {
  count = 0
  #last: "server" | "client" = "client"

  readonly onData = (_: Buffer, towards: "server" | "client"): void => {
    if (towards === "server" && this.#last === "client") this.count++
    this.#last = towards
  }
}

/** Makes PostgreSQL refuse a statement, by its beginning. */
export class Refusing {
  isRefusing = true
  readonly #statement: string

  constructor(statement: string) {
    this.#statement = statement
  }

  readonly onData = (data: Buffer, towards: "server" | "client"): void => {
    const at = towards === "server" && this.isRefusing ? data.indexOf(this.#statement) : -1
    if (at >= 0) data.write("?", at)
  }
}
