import { Effect } from "effect"
import type { Explanation } from "../api/views.ts"
import { TrackerClient } from "../client/index.ts"

/** Pages of a timeline to look through: what a person waits for. */
const maxPages = 10

/** The types of the events that an explanation names, by id: of all that its plan's timeline has within ten pages. */
export const eventTypes = Effect.fnUntraced(function*({ fields, ignored }: typeof Explanation.Type) {
  const types = new Map(ignored.map(({ event_id, event_type }) => [event_id, event_type]))
  const wanted = new Set(Object.values(fields).flatMap(({ event_id }) => event_id ?? []))
  const planId = fields.plan_id.value
  if (planId === null) return types
  const { query } = yield* TrackerClient
  let cursor: string | undefined
  for (let page = 0; page < maxPages; page++) {
    const from = cursor === undefined ? {} : { cursor }
    const timeline = yield* query.planTimeline({ params: { plan_id: planId }, query: { limit: "500", ...from } })
    for (const { event_id, event_type } of timeline.events) if (wanted.has(event_id)) types.set(event_id, event_type)
    cursor = timeline.next_cursor
    if (cursor === undefined || [...wanted].every((id) => types.has(id))) break
  }
  return types
})
