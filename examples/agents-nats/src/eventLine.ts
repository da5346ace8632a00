import type { StreamEvent } from "@durable-effect/tracker-server/api"
import { Option, Schema } from "effect"

const bar = (fraction: number, width = 12) => {
  const full = Math.round(fraction * width)
  return `${"█".repeat(full)}${"░".repeat(width - full)}`
}

/** What is told of an event's data: whatever of this it has. */
const Data = Schema.Struct({
  progress: Schema.optionalKey(Schema.Finite),
  message: Schema.optionalKey(Schema.String),
  new_state: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  current_state: Schema.optionalKey(Schema.String),
  total_tasks: Schema.optionalKey(Schema.Natural),
  assigned_to: Schema.optionalKey(Schema.String),
  error: Schema.optionalKey(Schema.String)
})
const read = Schema.decodeUnknownOption(Data)

const told = (data: typeof Data.Type): ReadonlyArray<string> => [
  ...(data.progress === undefined ? [] : [bar(data.progress)]),
  ...(data.assigned_to === undefined ? [] : [`→ ${data.assigned_to}`]),
  ...(data.total_tasks === undefined ? [] : [`over ${data.total_tasks} tasks`]),
  ...[data.new_state, data.current_state, data.reason, data.message, data.error].filter((word) => word !== undefined)
]

/** One line about an event: when, who, what, about which task, and what it says. */
export const eventLine = ({ data, event_type, plan_id, source, task_id, timestamp }: StreamEvent): string => {
  const task = task_id === undefined ? [] : [task_id.replace(`${plan_id}:`, "")]
  const words = told(Option.getOrElse(read(data), () => ({})))
  return [timestamp.slice(11, 23), (source ?? "").padEnd(10), event_type.padEnd(28), ...task, ...words].join(" ")
    .trimEnd()
}
