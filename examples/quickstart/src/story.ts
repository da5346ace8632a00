import type { TrackerClient } from "@durable-effect/example-support"
import { Effect, Option, Stream } from "effect"

/** Types of events in the order in which each came first, with how often it came. */
export const story = (types: ReadonlyArray<string>): string => {
  const counts = new Map<string, number>()
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1)
  return Array.from(counts, ([type, count]) => count === 1 ? type : `${type} ×${count}`).join(", ")
}

/** The story of an instance's latest life, from all pages of its timeline. */
export const storyOf = (client: TrackerClient, instanceId: string) =>
  Stream.paginate(
    undefined,
    (cursor: string | undefined) =>
      client.query.planTimeline({
        params: { plan_id: instanceId },
        query: { limit: "500", ...(cursor === undefined ? {} : { cursor }) }
      }).pipe(
        Effect.map(({ events, next_cursor }) =>
          [events.map(({ event_type }) => event_type), Option.fromUndefinedOr(next_cursor)] as const
        )
      )
  ).pipe(Stream.runCollect, Effect.map(story))
