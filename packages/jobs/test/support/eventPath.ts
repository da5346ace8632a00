import type { JobEvent } from "@durable-effect/core"
import { assert } from "@effect/vitest"

/** The events as the lists of the vocabulary write them. */
export const path = (events: ReadonlyArray<JobEvent>) =>
  events.map((event) => {
    switch (event.type) {
      case "execution.failed":
        return `execution.failed(${event.willRetry})`
      case "execution.succeeded":
        return [
          event.type,
          ...[
            ...(event.recovered === true ? ["recovered"] : []),
            ...(event.terminated === true ? ["terminated"] : [])
          ].map((how) => `(${how})`)
        ].join("")
      case "execution.started":
        return `execution.started(${event.trigger} ${event.attempt})`
      case "alarm.scheduled":
        return `alarm.scheduled(${event.kind}${event.replaces === undefined ? "" : " replaces"})`
      case "alarm.fired":
      case "alarm.cancelled":
        return `${event.type}(${event.kind})`
      case "debounce.event.added":
        return `${event.type}(${event.eventCount})`
      case "debounce.flush.triggered":
        return `${event.type}(${event.reason} ${event.eventCount})`
      case "debounce.cleared":
        return `${event.type}(${event.discardedEvents})`
      case "job.completed":
      case "retry.exhausted":
        return `${event.type}(${event.reason})`
      case "task.event.processed":
        return `task.event.processed(${event.ok})`
      case "task.idle":
        return `task.idle(${event.idleReason})`
      case "job.terminated":
        return `job.terminated(${event.by})`
      case "pool.item.enqueued":
        return `pool.item.enqueued(${event.itemId} ${event.depth})`
      case "pool.drained":
        return `pool.drained(${event.processed})`
      default:
        return event.type
    }
  })

/** What holds for the events of every incarnation, whatever its path. */
export const assertOrdered = (events: ReadonlyArray<JobEvent>) => {
  const byIncarnation = Map.groupBy(events, ({ incarnationId }) => incarnationId)
  for (const [incarnationId, life] of byIncarnation) {
    assert.deepStrictEqual(life.map(({ sequence }) => sequence), life.map((_, index) => index + 1))
    assert.deepStrictEqual(life.map(({ timestamp }) => timestamp), life.map(({ timestamp }) => timestamp).toSorted())
    assert.strictEqual(new Set(life.map(({ traceId }) => traceId)).size, 1)
    for (const event of life) {
      if (event.executionId !== undefined) {
        assert.match(event.executionId, new RegExp(`^${incarnationId}:([rex]\\d+|flush|i.+)$`, "s"))
      }
    }
  }
  assert.strictEqual(new Set(events.map(({ eventId }) => eventId)).size, events.length)
}
