import { defaultPrefix, subjectsOf } from "@durable-effect/bus/nats"
import { catalogue, type CatalogueEntry, Topic } from "@durable-effect/core"
import { Schema } from "effect"

const summaries: Readonly<Record<Topic, string>> = {
  "system-events": "What tasks and plans say of themselves.",
  "action-requests": "Work is asked for: a task begins. The type is free.",
  "action-results": "Work has ended. The type is free."
}

const nameOf = ({ topic, type }: CatalogueEntry) => type === "*" ? String(topic) : type

/** JSON Schema draft 2020-12 is not AsyncAPI's own, which is draft 07: so it is named. */
const schemaFormat = "application/schema+json;version=draft-2020-12"

const text = (description: string) => ({ type: "string", description })

const headers = {
  type: "object",
  properties: {
    "Nats-Msg-Id": text("The event's `id`: what is published twice within the stream's window is kept once."),
    traceparent: text("W3C trace context of whoever publishes; kept apart from the event's own `trace_id`."),
    "content-type": text(
      "`application/cloudevents+json`, or left out: the body is the whole event (structured mode). " +
        "Anything else beside `ce-*` headers: the body is `data` (binary mode)."
    ),
    "ce-id": text("Binary mode: each attribute of the envelope is a header `ce-` + its name without `_`.")
  },
  patternProperties: {
    "^[Cc][Ee]-": text("Binary mode: an attribute, percent-encoded where it is not printable ASCII.")
  }
}

const messageOf = (entry: CatalogueEntry) => ({
  name: nameOf(entry),
  title: nameOf(entry),
  summary: entry.description,
  contentType: "application/cloudevents+json",
  headers: { $ref: "#/components/schemas/headers" },
  payload: { schemaFormat, schema: Schema.toJsonSchemaDocument(entry.schema).schema }
})

const { consumer, stream } = subjectsOf(defaultPrefix)

const channelOf = (topic: Topic, entries: ReadonlyArray<CatalogueEntry>) => ({
  address: `{prefix}.events.${topic}`,
  title: topic,
  summary: summaries[topic],
  description: `Kept by the JetStream stream \`${stream(topic)}\`, or by any that takes the subject. ` +
    `The tracker reads it by the durable pull consumer \`${consumer("server", topic)}\`: explicit ` +
    "acknowledgement after the commit, no limit on deliveries. Both are made where they are missing.",
  parameters: { prefix: { default: defaultPrefix, description: "The deployment's own, `--nats-prefix`." } },
  messages: Object.fromEntries(
    entries.map((entry) => [nameOf(entry), { $ref: `#/components/messages/${nameOf(entry)}` }])
  )
})

/** `docs/asyncapi.json`: what travels on the bus, AsyncAPI 3. */
export const asyncApiJson = (): string => {
  const entries = catalogue.filter(({ topic }) => topic !== undefined)
  const of = (topic: Topic) => entries.filter((entry) => entry.topic === topic)
  const topics = Topic.literals
  const document = {
    asyncapi: "3.0.0",
    info: {
      title: "durable-effect tracker, the bus",
      version: "1.0.0",
      description:
        "Events that agents publish and the tracker listens to. Every event needs `id`, `time` and `type`; " +
        "unknown types and fields are kept. `topic` may be left out: the subject says it.",
      license: { name: "MIT", url: "https://opensource.org/license/mit" }
    },
    defaultContentType: "application/cloudevents+json",
    servers: {
      nats: {
        host: "localhost:4222",
        protocol: "nats",
        description: "NATS with JetStream, 2.9 or newer (`--nats-url`)."
      }
    },
    channels: Object.fromEntries(topics.map((topic) => [topic, channelOf(topic, of(topic))])),
    operations: Object.fromEntries(topics.map((topic) => [`receive-${topic}`, {
      action: "receive",
      summary: `The tracker stores ${topic}.`,
      channel: { $ref: `#/channels/${topic}` },
      messages: of(topic).map((entry) => ({ $ref: `#/channels/${topic}/messages/${nameOf(entry)}` }))
    }])),
    components: {
      messages: Object.fromEntries(entries.map((entry) => [nameOf(entry), messageOf(entry)])),
      schemas: { headers }
    }
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
