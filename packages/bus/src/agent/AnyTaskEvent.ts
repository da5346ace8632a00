import { ActionRequest, ActionResult, SystemEvent } from "@durable-effect/core"
import { Schema } from "effect"

/** Every event that travels in a bus envelope. */
export const AnyTaskEvent = Schema.Union([...SystemEvent.members, ActionRequest, ActionResult])
