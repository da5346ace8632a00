import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted } from "effect"
import { readServerConfig } from "../src/config.ts"

const read = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  readServerConfig({ flags, env }, false)

const message = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  Effect.map(Effect.flip(read(flags, env)), (error) => error.message)

const retention = (text: string) => Effect.map(read({ retention: text }), (config) => config.retention)

describe("configuration", () => {
  it.effect("has a default for everything", () =>
    Effect.gen(function*() {
      const config = yield* read({})
      assert.deepStrictEqual(config, {
        host: "127.0.0.1",
        port: 8084,
        databaseUrl: Option.none(),
        dataDirectory: "./.tracker",
        apiKey: Option.none(),
        retention: Option.some(Duration.days(90)),
        bus: Option.none(),
        corsOrigin: Option.none(),
        logLevel: "info",
        logFormat: "json"
      })
      assert.strictEqual((yield* readServerConfig({ flags: {}, env: {} }, true)).logFormat, "pretty")
    }))

  it.effect("takes a flag before the environment, and that before the default", () =>
    Effect.gen(function*() {
      const env = { TRACKER_PORT: "1", TRACKER_HOST: "0.0.0.0", TRACKER_DATA_DIR: "", DATABASE_URL: "postgres://db/x" }
      const config = yield* read({ port: "2" }, env)
      assert.deepStrictEqual([config.port, config.host, config.dataDirectory], [2, "0.0.0.0", "./.tracker"])
      assert.strictEqual(Redacted.value(Option.getOrThrow(config.databaseUrl)), "postgres://db/x")
    }))

  it.effect("reads times of retention", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* retention("off"), Option.none())
      assert.isTrue(Duration.equals(Option.getOrThrow(yield* retention("12h")), Duration.hours(12)))
      assert.isTrue(Duration.equals(Option.getOrThrow(yield* retention("30m")), Duration.minutes(30)))
    }))

  it.effect.each(
    [
      [{ port: "70000" }, "--port takes a whole number from 0 (any free port) to 65535, not \"70000\"."],
      [{ port: "-1" }, "--port takes a whole number from 0 (any free port) to 65535, not \"-1\"."],
      [{ port: "" }, "--port takes a whole number from 0 (any free port) to 65535, not \"\"."],
      [{ retention: "5x" }, "--retention takes a time such as 90d, 12h or 30m, or off, not \"5x\"."],
      [{ retention: "0d" }, "--retention takes a time such as 90d, 12h or 30m, or off, not \"0d\"."],
      [{ "log-format": "yaml" }, "--log-format takes one of pretty, json, not \"yaml\"."],
      [{ "log-level": "loud" }, "--log-level takes one of trace, debug, info, warn, error, none, not \"loud\"."],
      [
        { "cors-origin": "https://a.example/path" },
        "--cors-origin takes an origin such as https://app.example.com, or *, not \"https://a.example/path\"."
      ]
    ] as const
  )("refuses %j by its name", ([flags, said]) => Effect.map(message(flags), (text) => assert.strictEqual(text, said)))

  it.effect("names the environment variable, and never repeats a secret", () =>
    Effect.gen(function*() {
      assert.match(yield* message({}, { DATABASE_URL: "mysql://u:hidden@h/x" }), /^DATABASE_URL takes a URL .* not "…"/)
      assert.match(yield* message({ "api-key": "hidden with blanks" }), /^--api-key takes letters.* not "…"/)
    }))
})
