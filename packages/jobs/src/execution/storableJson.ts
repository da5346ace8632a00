import { Effect, Schema } from "effect"

/**
 * Maximum nesting depth of a state. Code that writes, reads and displays JSON recurses, and the depth it survives
 * depends on the platform and the caller.
 */
const maxLevels = 500

/** A value that is not JSON, or JSON nested too deeply to be stored. */
export class Unstorable extends Schema.TaggedError<Unstorable>()("Unstorable", { problem: Schema.String }) {
  override get message() {
    return this.problem
  }
}

const isDeeperThan = (levels: number, value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false
  return levels === 0 || Object.values(value).some((child) => isDeeperThan(levels - 1, child))
}

const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

/** Whether nothing in it can prevent serialization, as for most schema-encoded values. */
const isPlain = (levels: number, value: unknown): boolean => {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return true
    case "object":
      if (value === null) return true
      if (levels === 0 || !isPlainObject(value)) return false
      return Object.values(value).every((child) => child === undefined || isPlain(levels - 1, child))
    default:
      return false
  }
}

/** The value itself, once it is known to survive serialization and parsing. Throws if serialization does. */
export const storableJson = (value: Schema.Json): Effect.Effect<Schema.Json, Unstorable> => {
  if (isPlain(maxLevels, value)) return Effect.succeed(value)
  if (isDeeperThan(maxLevels, value)) {
    return Effect.fail(new Unstorable({ problem: `is nested more than ${maxLevels} levels deep` }))
  }
  return JSON.stringify(value) === undefined
    ? Effect.fail(new Unstorable({ problem: "is no JSON value" }))
    : Effect.succeed(value)
}

/** The value as it would be read back from storage. */
export const jsonCopy = (value: Schema.Json): Schema.Json => JSON.parse(JSON.stringify(value))
