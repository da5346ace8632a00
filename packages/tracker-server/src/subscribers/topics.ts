import { Topic } from "@durable-effect/core"

/** What the tracker listens to, every type of event in each. */
export const topics: ReadonlyArray<Topic> = Topic.literals

/** The group that all replicas share. */
export const group = "server"
