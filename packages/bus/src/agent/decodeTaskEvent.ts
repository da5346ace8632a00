import { ActionRequest, ActionResult, SystemEvent, type TaskEvent } from "@durable-effect/core"
import { Option, Schema } from "effect"
import { decodeMessage } from "../cloudevents/decode.ts"
import type { Message } from "../EventBus.ts"

const read = Schema.decodeUnknownOption(Schema.Union([...SystemEvent.members, ActionRequest, ActionResult]))

/** The event in a message, as written by `AgentReporter`; `None` if it contains something else. */
export const decodeTaskEvent = (message: Message): Option.Option<TaskEvent> => {
  const decoded = decodeMessage(message)
  return decoded._tag === "Value" ? read(decoded.value) : Option.none()
}
