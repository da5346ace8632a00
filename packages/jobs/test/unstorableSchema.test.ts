import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema, SchemaGetter, SchemaTransformation } from "effect"
import {
  Continuous,
  createJobRegistry,
  Debounce,
  type StorableSchema,
  Task,
  UnstorableSchema,
  WorkerPool
} from "../src/index.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

class Point {
  constructor(x: number) {
    this.x = x
  }
  readonly x: number
}
const PointOnly = Schema.instanceOf(Point)
const nothing = () => Effect.void

/** Each place of each definition where a schema can stand. */
const places: ReadonlyArray<{
  readonly definition: string
  readonly option: "stateSchema" | "eventSchema"
  readonly make: (schema: StorableSchema) => unknown
}> = [
  {
    definition: "Continuous.make",
    option: "stateSchema",
    make: (stateSchema) => Continuous.make({ stateSchema, schedule: Continuous.every("1 minute"), execute: nothing })
  },
  {
    definition: "Debounce.make",
    option: "eventSchema",
    make: (eventSchema) => Debounce.make({ eventSchema, flushAfter: "1 second", execute: nothing })
  },
  {
    definition: "Debounce.make",
    option: "stateSchema",
    make: (stateSchema) =>
      Debounce.make({
        eventSchema: Schema.String,
        stateSchema,
        flushAfter: "1 second",
        onEvent: ({ state }) => Effect.succeed(state),
        execute: nothing
      })
  },
  {
    definition: "Task.make",
    option: "stateSchema",
    make: (stateSchema) => Task.make({ stateSchema, eventSchema: Schema.String, onEvent: nothing, execute: nothing })
  },
  {
    definition: "Task.make",
    option: "eventSchema",
    make: (eventSchema) => Task.make({ stateSchema: Schema.String, eventSchema, onEvent: nothing, execute: nothing })
  },
  {
    definition: "WorkerPool.make",
    option: "eventSchema",
    make: (eventSchema) => WorkerPool.make({ eventSchema, concurrency: 1, execute: nothing })
  }
]

interface Tree {
  readonly kids: ReadonlyArray<Tree>
  readonly at?: Point
}
const Tree = Schema.Struct({
  kids: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)),
  at: Schema.optionalKey(PointOnly)
})

const unstorable: ReadonlyArray<{ readonly name: string; readonly schema: StorableSchema; readonly path: string }> = [
  { name: "instances of a class", schema: PointOnly, path: "" },
  { name: "a type of its own", schema: Schema.declare((given): given is Point => given instanceof Point), path: "" },
  { name: "one in a field", schema: Schema.Struct({ a: Schema.Struct({ b: PointOnly }) }), path: ".a.b" },
  { name: "one in a field that may be absent", schema: Schema.Struct({ a: Schema.optional(PointOnly) }), path: ".a" },
  { name: "one in a list", schema: Schema.Struct({ a: Schema.Array(PointOnly) }), path: ".a[]" },
  { name: "one in a tuple", schema: Schema.Tuple([Schema.String, PointOnly]), path: "[1]" },
  { name: "one in a record", schema: Schema.Record(Schema.String, PointOnly), path: "[]" },
  { name: "one of several", schema: Schema.Union([Schema.String, PointOnly]), path: "" },
  { name: "one in an option", schema: Schema.Option(PointOnly), path: "" },
  { name: "one in a map", schema: Schema.ReadonlyMap(Schema.String, PointOnly), path: "" },
  { name: "one in a tree", schema: Tree, path: ".at" },
  {
    name: "one that something else is encoded to",
    schema: Schema.String.pipe(
      Schema.encodeTo(
        PointOnly,
        SchemaTransformation.transform({ decode: ({ x }) => String(x), encode: (text) => new Point(Number(text)) })
      )
    ),
    path: ""
  }
]

describe.each(places)("$definition: a $option", ({ definition, make, option }) => {
  it.each(unstorable)("of $name is refused", ({ path, schema }) => {
    const refusal = () => make(schema)
    assert.throws(refusal, UnstorableSchema)
    assert.throws(refusal, `${definition}: ${option}${path} has values`)
    assert.throws(
      refusal,
      "without a JSON form. Give that schema a `toCodecJson` annotation, or transform it to plain data."
    )
  })

  it("with a symbol for a field's name is refused", () => {
    const schema = Schema.Struct({ [Symbol.for("a")]: Schema.String })
    const refusal = () => make(schema)
    assert.throws(refusal, UnstorableSchema)
    assert.throws(refusal, `${definition}: ${option} has no JSON form: Objects property names must be strings.`)
  })

  // As programs give it that no compiler has seen.
  it.each([["a number", "5"], ["a text", `"String"`], ["an object", "{}"]])("that is %s is refused", (_, json) => {
    const refusal = () => make(JSON.parse(json))
    assert.throws(refusal, UnstorableSchema)
    assert.throws(refusal, `${definition}: ${option} is no schema.`)
  })
})

class When extends Schema.Class<When>("When")({ at: Schema.Date }) {}
const storable: ReadonlyArray<{ readonly name: string; readonly schema: StorableSchema; readonly value: unknown }> = [
  { name: "a date", schema: Schema.Date, value: new Date(7) },
  { name: "a bigint", schema: Schema.BigInt, value: 10n },
  { name: "a map", schema: Schema.ReadonlyMap(Schema.String, Schema.Date), value: new Map([["a", new Date(7)]]) },
  { name: "a set", schema: Schema.ReadonlySet(Schema.BigInt), value: new Set([1n]) },
  { name: "bytes", schema: Schema.Uint8Array, value: new Uint8Array([1, 2]) },
  { name: "undefined", schema: Schema.UndefinedOr(Schema.String), value: undefined },
  { name: "a number beyond JSON", schema: Schema.Number, value: Infinity },
  { name: "an option", schema: Schema.Option(Schema.Date), value: Option.some(new Date(7)) },
  { name: "plain JSON", schema: Schema.Unknown, value: { a: [1, null] } },
  {
    name: "a class with a JSON form",
    schema: Schema.instanceOf(Point, {
      toCodecJson: () =>
        Schema.link<Point>()(
          Schema.Struct({ x: Schema.Number }),
          SchemaTransformation.transform({ decode: ({ x }) => new Point(x), encode: ({ x }) => ({ x }) })
        )
    }),
    value: new Point(7)
  },
  {
    name: "one that is encoded to something else",
    schema: Schema.Struct({ x: Schema.Number }).pipe(Schema.decodeTo(PointOnly, {
      decode: SchemaGetter.transform(({ x }) => new Point(x)),
      encode: SchemaGetter.transform(({ x }) => ({ x }))
    })),
    value: { x: 7 }
  }
]

describe.each(storages)("on $name, a state comes back as it was that is", ({ open }) => {
  it.effect.each(storable)("$name", ({ schema, value }) =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const job = Continuous.make({
        stateSchema: schema,
        schedule: Continuous.every("1 minute"),
        execute: (ctx) => Effect.map(ctx.state, (state) => seen.push(state))
      })
      const runtime = yield* openRuntime(createJobRegistry({ job }), yield* open)
      const client = runtime.client.continuous("job")
      yield* client.start({ id: "a", input: value })
      yield* client.trigger({ id: "a" })
      const { state } = yield* client.getState({ id: "a" })
      assert.deepStrictEqual(seen, [state, state])
      assert.deepStrictEqual(yield* Schema.encodeEffect(schema)(state), value)
    }))
})

describe("a class of its own with a codec", () => {
  it("is no type without a JSON form", () => {
    assert.doesNotThrow(() => places.map(({ make }) => make(When)))
  })
})
