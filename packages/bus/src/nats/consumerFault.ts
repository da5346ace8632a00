import { AckPolicy, type ConsumerConfig } from "@nats-io/jetstream"

/** What a consumer must not limit, since requests for more messages would be rejected. */
const limits = ["max_batch", "max_bytes", "max_expires"] as const

/** The subjects that a consumer selects from its stream; `undefined` if it takes all. */
export const filtersOf = ({ filter_subject, filter_subjects }: ConsumerConfig): ReadonlyArray<string> | undefined =>
  filter_subjects ?? (filter_subject === undefined || filter_subject === "" ? undefined : [filter_subject])

/**
 * Why messages cannot be consumed through a consumer created by somebody else, or not without losing some; and what to
 * do about it. Anything not checked here is up to its creator. `undefined` if nothing is wrong.
 * @param taken the subjects it receives, by its filters or its stream
 * @param subject the subject it should receive
 */
export const consumerFault = (
  config: ConsumerConfig,
  taken: ReadonlyArray<string>,
  subject: string
): string | undefined => {
  const faults = [
    ...(config.deliver_subject === undefined ? [] : ["deliver_subject is set, which makes it a push consumer"]),
    ...(config.ack_policy === AckPolicy.Explicit ? [] : [`ack_policy is ${config.ack_policy}, not explicit`]),
    ...((config.max_deliver ?? -1) < 0 ? [] : [`max_deliver is ${config.max_deliver}, not -1`]),
    ...(taken.join() === subject ? [] : [`messages are of ${taken.join(", ")}, not of ${subject}`]),
    ...(config.headers_only === true ? ["headers_only is set"] : []),
    ...limits.filter((name) => (config[name] ?? 0) > 0).map((name) => `${name} is set`)
  ]
  if (faults.length === 0) return undefined
  return `its ${
    faults.join(", and its ")
  }. Change that, or delete the consumer: one that fits is made where there is none`
}
