import type { TaskState } from "@durable-effect/core"

/** What happens next in a story, and how its event says it beyond the fields that all events of the story have. */
export type Step = readonly [type: string, fields: { readonly name?: string; readonly [field: string]: unknown }]

/** How a task of a story reads once all of it is told. */
export interface ToldTask {
  readonly taskId: string
  readonly state: TaskState
  readonly attempt?: number
}

/** The events of one plan from its begin to its end, as an emitter writes them, and what they come to. */
export interface Story {
  readonly planId: string
  readonly status: "running" | "completed" | "failed" | "cancelled"
  readonly tasks: ReadonlyArray<ToldTask>
  readonly events: ReadonlyArray<Readonly<Record<string, unknown>>>
  /** What the work itself reports meanwhile: it has no place among the events, and changes nothing of what they come to. */
  readonly reports?: ReadonlyArray<object>
}

/** All that a story is told by. */
export const toldBy = ({ events, reports = [] }: Story): ReadonlyArray<object> => [...events, ...reports]

/** How a story goes: all kinds of story take the same, so that whoever makes them need not know the kinds. */
export interface Course {
  /** Tasks, runs or items, 1 or more. */
  readonly units: number
  /** Failed attempts before the last unit's last one. */
  readonly failures: number
  readonly ending: Story["status"]
  /** Milliseconds since 1970. */
  readonly startMs: number
  /** Milliseconds from one event to the next, used round and round. */
  readonly gapsMs: ReadonlyArray<number>
  /** 32 hexadecimal digits. */
  readonly traceId: string
}

/** When the steps happen, at least so many milliseconds apart. */
export const timesOf = ({ gapsMs, startMs }: Course, count: number, leastMs: number): ReadonlyArray<string> => {
  let now = startMs
  return Array.from({ length: count }, (_, i) => {
    now += Math.max(leastMs, gapsMs[i % gapsMs.length] ?? 0)
    return new Date(now).toISOString()
  })
}

/** An id whose byte order is the order of the events. */
export const eventIdOf = (planId: string, place: number): string => `${planId}-${String(place).padStart(4, "0")}`

export const boom = { name: "Error", message: "boom" }

/** Long after anyone asks, so that what is late does not depend on when that is. */
export const farAway = "2099-01-01T00:00:00.000Z"

export const range = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i + 1)
