import { describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { dataDirectory, postgresPid, postgresUrl, startProcess } from "../cli/TrackerProcess.ts"
import { serverOver } from "../http/server.ts"
import { assertKept } from "../support/assertKept.ts"
import { ownPostgres } from "../support/OwnPostgres.ts"
import { seeded, testSeed } from "../support/seeded.ts"
import { startWriters } from "../support/Writers.ts"
import { killOften, killsOf, report } from "./kill.ts"

/** `kill -9` of PostgreSQL, so often in each test. */
const kills = killsOf("TRACKER_TEST_POSTGRES_KILLS", 1)

describe("kill -9 of PostgreSQL under load loses nothing that was answered", () => {
  it.live("in the data directory of a server, which starts it again", () =>
    Effect.gen(function*() {
      const seed = testSeed()
      const directory = yield* dataDirectory
      const secret = "kill-postgres-key-for-tests"
      const server = yield* startProcess(["--port", "0", "--data-dir", directory, "--api-key", secret])
      const writers = yield* startWriters({ url: yield* server.url, secret, seed })
      const kill = Effect.sync(() => Option.map(postgresPid(directory), (pid) => process.kill(pid, "SIGKILL")))
      yield* killOften(writers, seeded(seed), kills, kill)
      yield* report(kills, yield* assertKept(postgresUrl(directory), "default", writers), writers)
    }), 60_000 + kills * 30_000)

  it.live("of one's own, once somebody starts it again", () =>
    Effect.gen(function*() {
      const seed = testSeed()
      const postgres = yield* ownPostgres
      const { makeKey, url } = yield* serverOver(postgres.url)
      const { secret } = yield* makeKey("acme", "ingest")
      const writers = yield* startWriters({ url, secret, seed })
      yield* killOften(writers, seeded(seed), kills, Effect.andThen(postgres.end("SIGKILL"), postgres.start))
      yield* report(kills, yield* assertKept(postgres.url, "acme", writers), writers)
    }), 60_000 + kills * 30_000)
})
