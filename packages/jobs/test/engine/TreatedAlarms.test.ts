import { assert, describe, it } from "@effect/vitest"
import { TreatedAlarms } from "../../src/engine/TreatedAlarms.ts"

const alarm = { instanceId: "continuous:job:a", dueAt: 1000, generation: 1 }

/** Treats the alarms that are due at one look after the other. */
const play = (...looks: ReadonlyArray<typeof alarm | undefined>) => {
  const treated = new TreatedAlarms()
  return looks.map((due) => {
    treated.beginLook()
    if (due === undefined) return undefined
    const treatment = treated.treatmentOf(due)
    treated.note(due, treatment)
    return treatment
  })
}

describe("a due alarm", () => {
  it("is served as long as it changes", () => {
    assert.deepStrictEqual(play(alarm, { ...alarm, dueAt: 2000 }, { ...alarm, dueAt: 2000, generation: 2 }), [
      "serve",
      "serve",
      "serve"
    ])
  })

  it("that reappears unchanged is corrected, then its instance quarantined, then served again", () => {
    assert.deepStrictEqual(play(alarm, alarm, alarm, alarm), ["serve", "correct", "quarantine", "serve"])
  })

  it("was gone for a look: it is served", () => {
    assert.deepStrictEqual(play(alarm, undefined, alarm), ["serve", undefined, "serve"])
  })
})
