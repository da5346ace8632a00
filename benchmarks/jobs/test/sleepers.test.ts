import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { tempFolder } from "../../harness/src/tempFolder.ts"
import { Count } from "../src/contenders/Count.ts"
import { addDue, makeSleepers, openSleepers } from "../src/sleepers.ts"

const sleepers = 20
const due = 5

describe("a file of sleeping instances", () => {
  it.live("is one that the runtime takes for its own: some wake when they are due, the others sleep on", () =>
    Effect.gen(function*() {
      const file = join(yield* tempFolder, "jobs.db")
      yield* makeSleepers(file, sleepers)
      const dueAt = yield* addDue(file, sleepers, due, Date.now() - 1000, 100)
      assert.strictEqual(dueAt(sleepers + 1) - dueAt(sleepers), 10)
      const ran: Array<number> = []
      const count = new Count()
      const { runtime, status } = openSleepers(file, (index) => {
        ran.push(index)
        count.add()
      })
      yield* Effect.addFinalizer(() => Effect.promise(runtime.dispose))
      yield* Effect.promise(() => count.reaches(due))
      assert.sameMembers(ran, [20, 21, 22, 23, 24])
      const asleep = yield* Effect.promise(() => Promise.all([0, 1, sleepers - 1].map(status)))
      for (const { nextRunAt, runCount, status } of asleep) {
        assert.deepStrictEqual({ runCount, status }, { runCount: 0, status: "running" })
        assert.isAbove(nextRunAt ?? 0, Date.now())
      }
    }))
})

describe("a count", () => {
  it("tells when it has come so far, also to who asks late", async () => {
    const count = new Count()
    const reached = count.reaches(2)
    const orWaits = () => Promise.race([reached.then(() => "reached"), Promise.resolve("waits")])
    count.add()
    assert.strictEqual(await orWaits(), "waits")
    count.add()
    await reached
    await count.reaches(1)
  })
})
