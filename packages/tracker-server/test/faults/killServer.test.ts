import { freshDatabase } from "@durable-effect/test-support"
import { describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { freePort } from "../../src/storage/embedded/freePort.ts"
import { dataDirectory, postgresUrl, startProcess } from "../cli/TrackerProcess.ts"
import { assertKept } from "../support/assertKept.ts"
import { seeded, testSeed } from "../support/seeded.ts"
import { startWriters } from "../support/Writers.ts"
import { killOften, killsOf, report } from "./kill.ts"

const secret = "kill-server-key-for-tests"

/** `kill -9` of the server, so often in each test. */
const kills = killsOf("TRACKER_TEST_SERVER_KILLS", 1)

const startAndKill = Effect.fnUntraced(function*(
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  databaseUrl: () => Redacted.Redacted
) {
  const seed = testSeed()
  const random = seeded(seed)
  const port = String(yield* freePort)
  const start = startProcess(["--port", port, "--api-key", secret, ...args], env)
  let server = yield* start
  const url = yield* server.url
  const writers = yield* startWriters({ url, secret, seed })
  const kill = Effect.gen(function*() {
    yield* server.kill("SIGKILL")
    yield* server.ended
    // Some are killed while they start, when they take over what the one before has left.
    while (random() < 0.2) {
      server = yield* start
      yield* Effect.sleep(Math.floor(random() * 1500))
      yield* server.kill("SIGKILL")
      yield* server.ended
    }
    server = yield* start
  })
  yield* killOften(writers, random, kills, kill)
  yield* report(kills, yield* assertKept(databaseUrl(), "default", writers), writers)
})

describe("kill -9 of the server under load loses nothing that was answered", () => {
  it.live("with a PostgreSQL in its data directory, which the next one adopts", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      yield* startAndKill(["--data-dir", directory], {}, () => postgresUrl(directory))
    }), 60_000 + kills * 30_000)

  it.live("with a database of one's own", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      yield* startAndKill([], { DATABASE_URL: Redacted.value(url) }, () => url)
    }), 60_000 + kills * 30_000)
})
