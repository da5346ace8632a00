import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { batch, clientOf, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"
import { serverOver } from "../http/server.ts"

/** Two servers over one database, and a client of each. */
const replicas = Effect.gen(function*() {
  const first = yield* ingestServer
  const second = yield* serverOver(first.databaseUrl)
  const { secret } = yield* second.makeKey("acme", "ingest", "query")
  return { ...first, both: [first, clientOf(second.url, secret)] as const }
})

const progress = (id: string, task: string, progress: number) => ({
  id,
  time: "2026-01-11T10:00:00Z",
  type: "task.progress",
  topic: "system-events",
  data: { task_id: task, plan_id: "p", state: "running", progress }
})

const numbered = <A>(count: number, of: (i: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, i) => of(i))

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0)

describe("an event that comes more than once", () => {
  it.live("is stored once, by 8 connections to two replicas at the same time", () =>
    Effect.gen(function*() {
      const { both, timeline } = yield* replicas
      const events = numbered(200, (i) => progress(`e${i}`, `t${i % 10}`, 0.5))
      const bodies = numbered(8, (i) =>
        [both[i % 2 === 0 ? 0 : 1], batch(...(i % 4 < 2 ? events : events.toReversed()))] as const)
      const answers = yield* Effect.forEach(bodies, ([{ send }, body]) =>
        Effect.map(send(body), verdicts), {
        concurrency: "unbounded"
      })
      assert.strictEqual(sum(answers.map(({ accepted }) => accepted)), events.length)
      assert.strictEqual(sum(answers.map(({ duplicates }) => duplicates)), 7 * events.length)
      assert.deepStrictEqual(answers.flatMap(({ rejected }) => rejected), [])
      assert.lengthOf(yield* timeline("p"), events.length)
    }))

  it.live("with another body is refused: exactly one of them wins", () =>
    Effect.gen(function*() {
      const { both, timeline } = yield* replicas
      const bodies = numbered(16, (i) => [both[i % 2 === 0 ? 0 : 1], batch(progress("e", "t", i / 16))] as const)
      const answers = yield* Effect.forEach(bodies, ([{ send }, body]) => Effect.map(send(body), verdicts), {
        concurrency: "unbounded"
      })
      const winner = answers.findIndex(({ accepted }) => accepted === 1)
      const losers = answers.filter((_, i) => i !== winner)
      assert.deepStrictEqual(
        losers.map(({ accepted, duplicates, rejected }) => [accepted, duplicates, rejected.map(({ code }) => code)]),
        losers.map(() => [0, 0, ["id_conflict"]])
      )
      const [event, ...others] = yield* timeline("p")
      assert.lengthOf(others, 0)
      assert.deepInclude(event?.data, { progress: winner / 16 })
      // Who lost once loses again, and who won is a duplicate of itself.
      for (const [i, [{ send }, body]] of bodies.entries()) {
        const { duplicates, rejected } = verdicts(yield* send(body))
        assert.deepStrictEqual([duplicates, rejected.length], i === winner ? [1, 0] : [0, 1])
      }
      const within = verdicts(yield* both[0].send(batch(...numbered(3, (i) => progress("f", "t", i / 4)))))
      assert.deepStrictEqual([within.accepted, within.rejected.map(({ index }) => index)], [1, [1, 2]])
    }))

  it.live("is another event for another tenant", () =>
    Effect.gen(function*() {
      const { makeKey, send, timeline, url } = yield* ingestServer
      const other = clientOf(url, (yield* makeKey("other", "ingest", "query")).secret)
      assert.strictEqual(verdicts(yield* send(batch(progress("e", "t", 0.1)))).accepted, 1)
      const claimed = { ...progress("e", "t", 0.2), tenant_id: "acme", tenantId: "acme" }
      assert.strictEqual(verdicts(yield* other.send(batch(claimed))).accepted, 1)
      assert.strictEqual(verdicts(yield* other.send(batch(progress("e", "t", 0.2)))).duplicates, 1)
      assert.deepInclude((yield* timeline("p"))[0]?.data, { progress: 0.1 })
      assert.deepInclude((yield* other.timeline("p"))[0]?.data, { progress: 0.2 })
    }))
})

describe("batches that cross each other", () => {
  it.live("in hundreds, to two replicas, all get through", () =>
    Effect.gen(function*() {
      const { ask, both } = yield* replicas
      const rows = 40
      const pairs = 100
      const tasks = numbered(rows, (i) => `t${(i * 7) % rows}`)
      const bodies = numbered(pairs, (pair) => {
        // Both have the same new ids, the same tasks, plans, traces and groups as everybody, and one is turned round.
        const shared = tasks.flatMap((task, i) => [
          progress(`${pair}-task-${i}`, task, 0.1),
          planStarted(`${pair}-plan-${i}`, { data: { plan_id: `p${i}` } })
        ])
        const further = numbered(10, (i) => [
          { ...planStarted(`${pair}-trace-${i}`), type: "note", data: {}, trace_id: `trace${i}` },
          { ...planStarted(`${pair}-group-${i}`), type: "delegation.started", data: delegation(i) },
          { id: `refused-${i}` }
        ]).flat()
        const events: ReadonlyArray<object> = [...shared, ...further]
        const own = (of: number) => numbered(10, (i) => progress(`${pair}-own-${of}-${i}`, `t${i}`, 0.2))
        return [
          [both[0], batch(...events, ...own(0))],
          [both[1], batch(...[...events, ...own(1)].toReversed())]
        ] as const
      }).flat()
      const answers = yield* Effect.forEach(bodies, ([{ send }, body]) => Effect.map(send(body), verdicts), {
        concurrency: 16
      })
      const unique = 2 * rows + 20
      assert.strictEqual(sum(answers.map(({ accepted }) => accepted)), pairs * (unique + 20))
      assert.strictEqual(sum(answers.map(({ duplicates }) => duplicates)), pairs * unique)
      assert.strictEqual(JSON.parse((yield* ask("/plans/p")).text).task_count, rows)
    }), 60_000)
})

const delegation = (i: number) => ({ group_id: `g${i}`, parent_task_id: `t${i}`, total_tasks: 1 })
