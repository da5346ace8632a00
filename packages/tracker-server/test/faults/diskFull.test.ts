import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { layoutOf } from "../../src/storage/embedded/layout.ts"
import { bundled, postgresUrl, startProcess } from "../cli/TrackerProcess.ts"
import { assertKept } from "../support/assertKept.ts"
import { testSeed } from "../support/seeded.ts"
import { canMount, free, keepFull, smallDisk } from "../support/smallDisk.ts"
import { startWriters } from "../support/Writers.ts"

const secret = "disk-full-key-for-tests"

/** How long a server may take to serve again, once there is room. */
const recovery = "30 seconds"

describe("a disk that is full", () => {
  it.live.skipIf(!canMount)(
    "makes 503s with Retry-After until there is room again (needs root and `unshare --mount`)",
    () =>
      Effect.gen(function*() {
        const disk = yield* smallDisk(256)
        const server = yield* startProcess(
          ["--port", "0", "--data-dir", join(disk.path, "data"), "--api-key", secret],
          {},
          disk.mounted(bundled())
        )
        const url = yield* server.url
        const seen = disk.seenThrough(server.pid)
        const writers = yield* startWriters({ url, secret, seed: testSeed() })
        yield* writers.untilTaken(20)
        // The second time it starts from what the first one left.
        for (const time of ["first", "second"]) {
          yield* Effect.raceFirst(writers.untilAnswered("503", 12), keepFull(seen))
          yield* free(seen)
          const recovered = yield* Effect.timeoutOption(writers.untilTaken(20), recovery)
          assert.isTrue(Option.isSome(recovered), `the ${time} time`)
        }
        yield* writers.stop
        const data = join(seen, "data")
        assert.include(readFileSync(layoutOf(data).log, "utf8"), "No space left on device")
        assert.isUndefined(writers.answers.get("none"))
        assert.isAtLeast(yield* assertKept(postgresUrl(data), "default", writers), 200)
      }),
    120_000
  )
})
