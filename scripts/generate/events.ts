import { catalogue, type CatalogueEntry, trackingEventJsonSchema } from "@durable-effect/core"
import { Schema } from "effect"

/** The part of JSON Schema that our events compile to. */
interface Json {
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly description?: string
  readonly enum?: ReadonlyArray<unknown>
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: ReadonlyArray<string>
  readonly allOf?: ReadonlyArray<Json>
}

/** The keywords that describe a value may stand under `allOf`; to a reader they are one. */
const flat = (schema: Json): Json => Object.assign({}, ...(schema.allOf ?? []), schema)

const typeOf = (given: Json): string => {
  const schema = flat(given)
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" \\| ")
  if (schema.type === "object" && schema.properties !== undefined) {
    const names = Object.keys(schema.properties).map((name) => schema.required?.includes(name) ? name : `${name}?`)
    return `object: ${names.map((name) => `\`${name}\``).join(", ")}`
  }
  const { maximum = Infinity, minimum } = schema
  const bounds = minimum === undefined
    ? ""
    : maximum < Number.MAX_SAFE_INTEGER
    ? ` ${minimum} … ${maximum}`
    : ` ≥ ${minimum}`
  const length = schema.maxLength === undefined ? "" : ` ${schema.minLength ?? 0} … ${schema.maxLength} long`
  return `${schema.format ?? schema.type ?? "any JSON"}${bounds}${length}`
}

const fieldRows = (schema: Json, leaveOut: ReadonlySet<string>): ReadonlyArray<string> =>
  Object.entries(schema.properties ?? {})
    .filter(([name]) => !leaveOut.has(name))
    .map(([name, field]) =>
      `| \`${name}\`${schema.required?.includes(name) ? "" : "?"} | ${typeOf(field)} | ${
        flat(field).description ?? ""
      } |`
    )

const table = (rows: ReadonlyArray<string>) =>
  rows.length === 0
    ? "This type has no fields of its own.\n"
    : `| field | type | meaning |\n| --- | --- | --- |\n${rows.join("\n")}\n`

/** A field's description; JSON Schema drops the one of a field that may hold anything. */
const describe = (field: Schema.Constraint): string | undefined =>
  Schema.resolveAnnotations(field)?.description ??
    ("schema" in field && Schema.isSchema(field.schema)
      ? Schema.resolveAnnotations(field.schema)?.description
      : undefined)

const jsonOf = ({ schema }: CatalogueEntry): Json => {
  const json = Schema.toJsonSchemaDocument(schema).schema as Json
  const properties = Object.entries(json.properties ?? {}).map(([name, property]) => {
    const description = describe(schema.fields[name]!)
    return [name, description === undefined ? property : { ...property, description }] as const
  })
  return { ...json, properties: Object.fromEntries(properties) }
}

const section = (entry: CatalogueEntry, base: ReadonlySet<string>): string => {
  const json = jsonOf(entry)
  const own = entry.topic === undefined ? json : flat(json.properties?.["data"] ?? {})
  const title = entry.type === "*" ? `any type on \`${entry.topic}\`` : `\`${entry.type}\``
  return `### ${title}\n\n${entry.description}\n\n${
    table(fieldRows(own, entry.topic === undefined ? base : new Set()))
  }`
}

const without = (names: ReadonlyArray<string>) => new Set(names)

/** `docs/events.md`: the vocabulary for readers. */
export const eventsMarkdown = (): string => {
  const job = catalogue.filter(({ topic }) => topic === undefined)
  const bus = catalogue.filter(({ topic }) => topic !== undefined)
  const [firstJob, secondJob] = job.map(jsonOf)
  const shared = Object.keys(firstJob?.properties ?? {}).filter((name) => secondJob?.properties?.[name] !== undefined)
  const base = without(shared.filter((name) => name !== "input"))
  const own = without(Object.keys(firstJob?.properties ?? {}).filter((name) => !base.has(name)).concat("type"))
  return [
    "# Events",
    "",
    "This file is generated from the schemas in `packages/core/src/events`. To change it, change those and run",
    "`npm run generate`. A `?` marks an optional field. The tracker adds `env` and `serviceKey` to each event it sends.",
    "[event.schema.json](event.schema.json) has the same events as JSON Schema.",
    "",
    "## Job events",
    "",
    "Every job event has these fields, and the fields of its type. A server requires only `eventId`, `timestamp`, `type`,",
    "`instanceId`, `jobType` and `jobName`. Any other field may be missing, but is rejected if it has the wrong type.",
    "",
    table(fieldRows(firstJob ?? {}, own)),
    ...job.map((entry) => section(entry, base)),
    "## Task, plan and action events",
    "",
    "These events are sent in an envelope with the attributes of CloudEvents 1.0. The table below describes the envelope;",
    "the table of each type describes its `data`.",
    "",
    table(fieldRows(jsonOf(bus[0] ?? catalogue[0]!), without(["data", "type"]))),
    ...bus.map((entry) => section(entry, base))
  ].join("\n")
}

/** `docs/event.schema.json`: every event as it travels, JSON Schema draft 2020-12. */
export const eventSchemaJson = (): string => {
  const { definitions, schema } = trackingEventJsonSchema()
  return `${
    JSON.stringify(
      {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        title: "Tracking event",
        ...schema,
        $defs: definitions
      },
      null,
      2
    )
  }\n`
}
