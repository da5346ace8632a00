import { Topic } from "@durable-effect/core"

/** The topics the tracker subscribes to, each with all of its event types. */
export const topics: ReadonlyArray<Topic> = Topic.literals

/** The consumer group shared by all replicas. */
export const group = "server"
