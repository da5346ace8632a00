import { Schema } from "effect"
import { TaskState } from "../task/TaskState.ts"
import { actionEvent, systemEvent } from "./define.ts"
import { Identifier } from "./header.ts"
import { Instant } from "./Instant.ts"

const task_id = Identifier.annotate({ description: "The task's id." })
const plan_id = Identifier.annotate({ description: "The plan's id." })
const optionalPlan = Schema.optionalKey(
  Identifier.annotate({ description: "The id of the plan that the task belongs to." })
)
const current_state = Schema.optionalKey(
  Schema.String.annotate({ description: "The plan's state, as free text." })
)
const deadline = Schema.optionalKey(Instant.annotate({ description: "When the task should have ended." }))

/** `data` of `task.progress`. */
export const TaskProgressEvent = {
  task_id,
  plan_id: optionalPlan,
  state: TaskState,
  progress: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })).annotate({ description: "0 … 1." })
  ),
  message: Schema.optionalKey(Schema.String),
  deadline
}

/** `data` of `task.state_changed`. */
export const TaskStateChanged = {
  task_id,
  plan_id: optionalPlan,
  previous_state: TaskState,
  new_state: TaskState,
  reason: Schema.optionalKey(Schema.String)
}

const planData = {
  plan_id,
  current_state,
  new_state: Schema.optionalKey(Schema.String.annotate({ description: "An alias of `current_state`." })),
  result: Schema.optionalKey(Schema.Unknown),
  error: Schema.optionalKey(Schema.Unknown)
}

export const TaskProgress = systemEvent("task.progress", "Progress of a task.", TaskProgressEvent)
export const TaskStateChange = systemEvent(
  "task.state_changed",
  "A task moved from one state to another.",
  TaskStateChanged
)
export const PlanStarted = systemEvent("plan.started", "A plan began.", {
  plan_id,
  parent_plan_id: Schema.optionalKey(Identifier),
  session_id: Schema.optionalKey(Identifier),
  goal_event: Schema.optionalKey(Schema.String.annotate({ description: "The event that requested the plan." })),
  current_state
})
export const PlanStateChanged = systemEvent("plan.state_changed", "A plan reports its state.", planData)
export const PlanCompleted = systemEvent("plan.completed", "A plan reached its goal.", planData)
export const PlanFailed = systemEvent("plan.failed", "A plan ended without reaching its goal.", planData)
export const PlanCancelled = systemEvent("plan.cancelled", "A plan was cancelled.", planData)
export const DelegationStarted = systemEvent("delegation.started", "A task was delegated to others as several tasks.", {
  group_id: Identifier,
  parent_task_id: Identifier,
  plan_id: optionalPlan,
  total_tasks: Schema.Natural
})

/** Every event on the topic `system-events`. */
export const SystemEvent = Schema.Union([
  TaskProgress,
  TaskStateChange,
  PlanStarted,
  PlanStateChanged,
  PlanCompleted,
  PlanFailed,
  PlanCancelled,
  DelegationStarted
]).pipe(Schema.toTaggedUnion("type"))
export type SystemEvent = typeof SystemEvent.Type

const action_id = Schema.optionalKey(
  Identifier.annotate({ description: "The task's id, if it is not the correlation id." })
)
const delegation_group_id = Schema.optionalKey(
  Identifier.annotate({ description: "The id of the task group it belongs to." })
)

export const ActionRequest = actionEvent(
  "action-requests",
  "Work is requested: a task begins. The type is user-defined.",
  {
    plan_id: optionalPlan,
    action_id,
    assigned_to: Schema.optionalKey(Identifier.annotate({ description: "The agent that should do the work." })),
    delegation_group_id,
    deadline
  }
)
export const ActionResult = actionEvent("action-results", "The outcome of a request. The type is user-defined.", {
  success: Schema.optionalKey(Schema.Boolean.annotate({ description: "If absent, `status` and `error` decide." })),
  result: Schema.optionalKey(Schema.Unknown),
  error: Schema.optionalKey(Schema.Unknown),
  status: Schema.optionalKey(Schema.String),
  action_id,
  delegation_group_id
})

/** Every event sent in a bus envelope. */
export type TaskEvent = SystemEvent | typeof ActionRequest.Type | typeof ActionResult.Type
