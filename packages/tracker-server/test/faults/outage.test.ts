import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, type Scope } from "effect"
import { StoreDeadline } from "../../src/storage/postgres/deadline.ts"
import { serverOver } from "../http/server.ts"
import { assertKept } from "../support/assertKept.ts"
import { type OwnPostgres, ownPostgres } from "../support/OwnPostgres.ts"
import { testSeed } from "../support/seeded.ts"
import { startWriters } from "../support/Writers.ts"

type Outage = readonly [
  name: string,
  begin: (postgres: OwnPostgres) => Effect.Effect<void>,
  end: (postgres: OwnPostgres) => Effect.Effect<void, unknown, Scope.Scope>
]

const outages: ReadonlyArray<Outage> = [
  ["hangs", ({ freeze }) => freeze, ({ thaw }) => thaw],
  ["is stopped", ({ end }) => end("SIGINT"), ({ start }) => start],
  ["is stopped at once", ({ end }) => end("SIGQUIT"), ({ start }) => start]
]

/** How long a server may take to serve again, once its database does. */
const recovery = "20 seconds"

describe("a PostgreSQL under load", () => {
  it.live(
    "that goes away makes 503s with Retry-After until it is back, and nothing that was answered is lost",
    () =>
      Effect.gen(function*() {
        const postgres = yield* ownPostgres
        const { makeKey, url } = yield* serverOver(postgres.url)
        const { secret } = yield* makeKey("acme", "ingest")
        const writers = yield* startWriters({ url, secret, seed: testSeed() })
        for (const [name, begin, end] of outages) {
          yield* writers.untilTaken(20)
          yield* begin(postgres)
          yield* writers.untilAnswered("503", 12)
          yield* end(postgres)
          const recovered = yield* Effect.timeoutOption(writers.untilTaken(20), recovery)
          assert.isTrue(Option.isSome(recovered), `a PostgreSQL that ${name}`)
        }
        yield* writers.stop
        // The server itself was always there.
        assert.isUndefined(writers.answers.get("none"))
        assert.isAtLeast(yield* assertKept(postgres.url, "acme", writers), 300)
      }).pipe(Effect.provideService(StoreDeadline, Duration.seconds(2))),
    120_000
  )
})
