import { AckPolicy, type ConsumerConfig } from "@nats-io/jetstream"

/** What a consumer may not limit, since a request for messages beyond it is refused. */
const limits = ["max_batch", "max_bytes", "max_expires"] as const

/**
 * Why messages cannot be taken from a consumer that somebody else made, or not without losing some; and what to do.
 * All that is not named here is theirs to choose. Undefined where nothing is wrong.
 */
export const consumerFault = (config: ConsumerConfig, subject: string): string | undefined => {
  const filters = config.filter_subjects ?? [config.filter_subject ?? ""]
  const faults = [
    ...(config.deliver_subject === undefined ? [] : ["deliver_subject is set, which makes it a push consumer"]),
    ...(config.ack_policy === AckPolicy.Explicit ? [] : [`ack_policy is ${config.ack_policy}, not explicit`]),
    ...((config.max_deliver ?? -1) < 0 ? [] : [`max_deliver is ${config.max_deliver}, not -1`]),
    ...(filters.join() === subject ? [] : [`filter_subject is ${filters.join() || "not set"}, not ${subject}`]),
    ...(config.headers_only === true ? ["headers_only is set"] : []),
    ...limits.filter((name) => (config[name] ?? 0) > 0).map((name) => `${name} is set`)
  ]
  if (faults.length === 0) return undefined
  return `its ${
    faults.join(", and its ")
  }. Change that, or delete the consumer: one that fits is made where there is none`
}
