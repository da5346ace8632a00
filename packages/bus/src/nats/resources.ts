import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType
} from "@nats-io/jetstream"
import { nanos, type NatsConnection } from "@nats-io/transport-node"
import { consumerFault, filtersOf } from "./consumerFault.ts"
import type { Subjects } from "./subjects.ts"

/** How long a stream that we create keeps a message, whether or not it was consumed. */
const maxAgeMs = 7 * 24 * 60 * 60 * 1000
/** Within this window, each id is stored once. */
const duplicateWindowMs = 2 * 60 * 1000
/** How long the server waits for a sign of life before it redelivers a message to another subscriber. We send three. */
const ackWaitMs = 10_000
/** Maximum unsettled messages of a group's subscribers together: enough for ten full ones. */
const maxAckPending = 20_000

const isCode = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code

/** Finds or creates a resource; if somebody else creates it at the same time, returns theirs. */
const foundOrMade = async <A>(find: () => Promise<A | undefined>, make: () => Promise<A>): Promise<A> => {
  const present = await find()
  if (present !== undefined) return present
  try {
    return await make()
  } catch (error) {
    const made = await find()
    if (made === undefined) throw error
    return made
  }
}

/**
 * Creates our own stream if no stream takes the topic's messages; an existing one is left as it is, whatever its name.
 * Each topic has its own stream: with several topics in a stream, nats-server 2.9 recounts a topic's pending messages
 * one by one for each delivery.
 */
const ensureStreamBy = (manager: JetStreamManager, subjects: Subjects, topic: string): Promise<string> =>
  foundOrMade(
    async () => (await manager.streams.names(subjects.subject(topic)).next())[0],
    async () => {
      const { config } = await manager.streams.add({
        name: subjects.stream(topic),
        subjects: [subjects.subject(topic)],
        retention: RetentionPolicy.Limits,
        storage: StorageType.File,
        discard: DiscardPolicy.Old,
        max_age: nanos(maxAgeMs),
        duplicate_window: nanos(duplicateWindowMs)
      })
      return config.name
    }
  )

/** The name of the stream that stores a topic, created if missing. */
export const ensureStream = async (connection: NatsConnection, subjects: Subjects, topic: string): Promise<string> =>
  ensureStreamBy(await jetstreamManager(connection), subjects, topic)

const infoOf = async (manager: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | undefined> => {
  try {
    return await manager.consumers.info(stream, name)
  } catch (error) {
    if (isCode(error, JetStreamApiCodes.ConsumerNotFound)) return undefined
    throw error
  }
}

const faultOf = async (manager: JetStreamManager, { config, stream_name }: ConsumerInfo, subject: string) =>
  consumerFault(config, filtersOf(config) ?? (await manager.streams.info(stream_name)).config.subjects, subject)

/**
 * A group's consumer of a topic, and its stream; created if missing, left as they are if they exist. Rejects if the
 * existing consumer cannot be used.
 */
export const ensureConsumer = async (
  connection: NatsConnection,
  subjects: Subjects,
  topic: string,
  group: string
): Promise<ConsumerInfo> => {
  const manager = await jetstreamManager(connection)
  const stream = await ensureStreamBy(manager, subjects, topic)
  const consumer = subjects.consumer(group, topic)
  const info = await foundOrMade(
    () => infoOf(manager, stream, consumer),
    () =>
      manager.consumers.add(stream, {
        durable_name: consumer,
        filter_subject: subjects.subject(topic),
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ackWaitMs),
        max_deliver: -1,
        max_ack_pending: maxAckPending
      })
  )
  const fault = await faultOf(manager, info, subjects.subject(topic))
  if (fault !== undefined) throw new Error(fault)
  return info
}

/**
 * Why a consumer found earlier can no longer be used; `undefined` if nothing is known to have changed. A request to a
 * consumer that does not exist gets no response at all.
 */
export const ended = async (
  connection: NatsConnection,
  { name, stream_name }: ConsumerInfo,
  subject: string
): Promise<string | undefined> => {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 })
  try {
    return await faultOf(manager, await manager.consumers.info(stream_name, name), subject)
  } catch (error) {
    return isCode(error, JetStreamApiCodes.ConsumerNotFound) || isCode(error, JetStreamApiCodes.StreamNotFound)
      ? "it was deleted"
      : undefined
  }
}

/** Number of messages that a group has not settled. */
export const lagOf = async (connection: NatsConnection, { name, stream_name }: ConsumerInfo): Promise<number> => {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2_000 })
  const { num_ack_pending, num_pending } = await manager.consumers.info(stream_name, name)
  return num_pending + num_ack_pending
}
