import { Continuous, createJobRegistry, createJobsRuntime, JobsHost } from "@durable-effect/jobs"
import { Effect, Schema } from "effect"

/** An interval after which nobody looks any more. */
const yearMs = 365 * 24 * 60 * 60 * 1000

const makeRegistry = (run: (index: number) => void) =>
  createJobRegistry({
    sleeper: Continuous.make({
      stateSchema: Schema.Struct({ index: Schema.Int }),
      schedule: Continuous.every(yearMs),
      startImmediately: false,
      execute: ({ id }) => Effect.sync(() => run(indexOf(id)))
    })
  })

const idPrefix = "sleeper-"

/** All ids are of one length, so that a record is made from another by putting one in place of the other. */
const idOf = (index: number): string => idPrefix + String(index).padStart(7, "0")

const indexOf = (id: string): number => Number(id.slice(idPrefix.length))

/** Opens a runtime on a file of sleepers; `run` is the handler, by index. */
export const openSleepers = (file: string, run: (index: number) => void = () => undefined) => {
  const runtime = createJobsRuntime(makeRegistry(run), { host: JobsHost.sqlite({ filename: file }) })
  const status = (index: number) => runtime.client.continuous("sleeper").status({ id: idOf(index) })
  return { runtime, status }
}

/** Makes a file with one sleeper, asleep for a year, by starting it: what the others are made from. */
const makeFirst = async (file: string) => {
  const { runtime } = openSleepers(file)
  await runtime.client.continuous("sleeper").start({ id: idOf(0), input: { index: 0 } })
  await runtime.dispose()
}

const instanceIdOf = (index: number): string => `continuous:sleeper:${idOf(index)}`

const readGeneration = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Struct({ generation: Schema.Int })))

/** So many commits share a transaction. */
const commitsAtOnce = 10_000

/**
 * Adds sleepers `from` … `to - 1` to a file that nobody has open. They are records that the runtime itself has written for
 * the first one, with other ids and alarms, committed through the host as a step is: starting each would take long.
 */
const addSleepers = (file: string, from: number, to: number, dueAt: (index: number) => number) =>
  Effect.gen(function*() {
    const host = yield* JobsHost
    const first = yield* host.load(instanceIdOf(0))
    if (first === undefined) return yield* Effect.die(new Error(`${file} has no first sleeper`))
    // The host's alarm and the record's are of one generation, or the runtime takes the alarm for an old one.
    const { generation } = yield* readGeneration(first.record)
    const recordOf = (index: number) =>
      first.record.replaceAll(idOf(0), idOf(index)).replace(/"at":\d+/, `"at":${dueAt(index)}`)
    const commit = (index: number) =>
      host.commit({
        instanceId: instanceIdOf(index),
        expectedVersion: 0,
        record: recordOf(index),
        alarm: { dueAt: dueAt(index), generation },
        events: [],
        entries: new Map()
      })
    for (let next = from; next < to; next += commitsAtOnce) {
      const count = Math.min(commitsAtOnce, to - next)
      const indexes = Array.from({ length: count }, (_, offset) => next + offset)
      yield* Effect.forEach(indexes, commit, { concurrency: "unbounded", discard: true })
    }
  }).pipe(Effect.provide(JobsHost.sqlite({ filename: file })))

/** Makes a file of so many instances that are due a year from now and later, a second apart. */
export const makeSleepers = Effect.fnUntraced(function*(file: string, count: number) {
  yield* Effect.promise(() => makeFirst(file))
  const dueFrom = Date.now() + yearMs
  yield* addSleepers(file, 1, count, (index) => dueFrom + index * 1000)
})

/** Adds so many to a file of `sleepers` that are due from an instant on, as many a second. Answers when each is, by index. */
export const addDue = Effect.fnUntraced(
  function*(file: string, sleepers: number, count: number, firstAt: number, perSecond: number) {
    const dueAt = (index: number) => firstAt + Math.round((index - sleepers) * 1000 / perSecond)
    yield* addSleepers(file, sleepers, sleepers + count, dueAt)
    return dueAt
  }
)
