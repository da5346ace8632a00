import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import { runProcess, slow } from "./TrackerProcess.ts"

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))

describe("a busy server's space for new objects", slow, () => {
  it.live("grows to 32 MiB, not to the 64 and more that V8 would take", () =>
    Effect.gen(function*() {
      const frugal = pathOf("../../src/frugalHeap.ts")
      const { stderr, stdout } = yield* runProcess([], {}, [
        process.execPath,
        "--import",
        frugal,
        pathOf("newSpace.ts")
      ])
      assert.deepStrictEqual([stderr, Number(stdout) / 1024 / 1024], ["", 32])
    }))
})
