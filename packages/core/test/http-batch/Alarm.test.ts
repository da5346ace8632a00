import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { Alarm, type Run } from "../../src/http-batch/Alarm.ts"

/** Sleeps that end when the test says so. */
const open = () => {
  const sleeps: Array<{ stopped: boolean; readonly end: () => void }> = []
  let rung = 0
  const run: Run = (_effect, { onExit }) => {
    const sleep = { stopped: false, end: () => onExit(Exit.die("unused")) }
    sleeps.push(sleep)
    return () => {
      sleep.stopped = true
    }
  }
  return { alarm: new Alarm(run, () => rung++), sleeps, rung: () => rung }
}

describe("Alarm", () => {
  it("sleeps once for what comes later, and anew for what comes sooner", () => {
    const { alarm, sleeps } = open()
    alarm.ringAt(1000, 0)
    alarm.ringAt(2000, 10)
    assert.deepStrictEqual(sleeps.map(({ stopped }) => stopped), [false])
    alarm.ringAt(500, 20)
    assert.deepStrictEqual(sleeps.map(({ stopped }) => stopped), [true, false])
  })

  it("does not count on a sleep that should have ended", () => {
    const { alarm, sleeps } = open()
    alarm.ringAt(1000, 0)
    alarm.ringAt(3000, 1001)
    assert.lengthOf(sleeps, 2)
  })

  it("does not ring when it was stopped", () => {
    const { alarm, rung, sleeps } = open()
    alarm.ringAt(1000, 0)
    alarm.stop()
    sleeps.forEach(({ end }) => end())
    assert.deepStrictEqual([sleeps[0]?.stopped, rung()], [true, 0])
  })
})
