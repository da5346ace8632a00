import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Option, Redacted, Schema } from "effect"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { parse } from "yaml"
import { readServerConfig } from "../../src/config.ts"
import { stopBudget } from "../../src/stopBudget.ts"
import { testServer } from "../http/server.ts"
import { readText, root, stagesOf, textsOf } from "./dockerfile.ts"

const Texts = Schema.Record(Schema.String, Schema.String)
const WorkspaceManifest = Schema.fromJsonString(Schema.Struct({ devDependencies: Texts }))
const Manifest = Schema.fromJsonString(Schema.Struct({
  name: Schema.String,
  bin: Texts,
  optionalDependencies: Texts
}))
const Service = Schema.Struct({
  image: Schema.optional(Schema.String),
  build: Schema.optional(Schema.String),
  command: Schema.optional(Schema.Array(Schema.String)),
  environment: Schema.optional(Texts),
  ports: Schema.optional(Schema.Array(Schema.String)),
  volumes: Schema.optional(Schema.Array(Schema.String)),
  depends_on: Schema.optional(Schema.Record(Schema.String, Schema.Struct({ condition: Schema.String }))),
  healthcheck: Schema.optional(Schema.Struct({ test: Schema.Array(Schema.String) })),
  stop_grace_period: Schema.optional(Schema.String),
  privileged: Schema.optional(Schema.Boolean),
  user: Schema.optional(Schema.String)
})
const Compose = Schema.Struct({
  services: Schema.Struct({ nats: Service, postgres: Service, tracker: Service }),
  volumes: Schema.Record(Schema.String, Schema.Unknown)
})
const Command = Schema.fromJsonString(Schema.Array(Schema.String))

const workspace = Schema.decodeUnknownSync(WorkspaceManifest)(readText("package.json"))
const manifest = Schema.decodeUnknownSync(Manifest)(readText("packages/tracker-server/package.json"))
const stages = stagesOf(readText("Dockerfile"))
const [build = [], image = []] = stages
const command = (text: string | undefined) => Schema.decodeUnknownSync(Command)(text ?? "")

/** `NAME=value NAME=value` */
const environmentOf = (texts: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    texts.join(" ").split(" ").map((pair) => {
      const [name = "", value = ""] = pair.split("=")
      return [name, value]
    })
  )

/** What the server makes of an environment; it heeds each of these variables, so none is misspelt. */
const heeded = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const config = yield* readServerConfig({ flags: {}, env }, false)
    for (const name of Object.keys(env).filter((name) => name !== "NODE_ENV")) {
      const unlike = yield* Effect.exit(readServerConfig({ flags: {}, env: { [name]: "\n" } }, false))
      assert.strictEqual(unlike._tag, "Failure", `${name} is not heeded`)
    }
    return config
  })

describe("the Dockerfile", () => {
  it("builds with the versions that are tested", () => {
    assert.lengthOf(stages, 2)
    for (const stage of stages) {
      const [from = ""] = textsOf(stage, "FROM")
      assert.strictEqual(
        /^node:(\d+\.\d+\.\d+)-[a-z]+-slim( AS build)?$/.exec(from)?.[1],
        workspace.devDependencies["node"]
      )
    }
    const [, pnpm] = /"(pnpm@[\d.]+)"/.exec(readText("scripts/run.mjs")) ?? []
    const used = textsOf(build, "RUN").join("\n").match(/pnpm@[\d.]+/g) ?? []
    assert.deepStrictEqual(new Set(used), new Set([pnpm]))
  })

  it("copies what is there and what is let through, and runs the package's own program", () => {
    const copied = textsOf(build, "COPY").flatMap((text) => text.split(" ").slice(0, -1))
    assert.includeMembers([...copied], ["package.json", "pnpm-lock.yaml", "packages"])
    const letThrough = readText(".dockerignore").split("\n").filter((line) => line.startsWith("!"))
    assert.sameMembers(letThrough.map((line) => line.slice(1)), copied)
    for (const path of copied) assert.isTrue(existsSync(new URL(path, root)), path)
    for (const text of textsOf(build, "RUN")) {
      for (const [path] of text.matchAll(/\bpackages\/[\w./-]+/g)) assert.isTrue(existsSync(new URL(path, root)), path)
      for (const [, name = ""] of text.matchAll(/--filter "?(@[\w/-]+)/g)) assert.strictEqual(name, manifest.name)
    }
    assert.deepStrictEqual(textsOf(image, "COPY"), ["--from=build /app /app"])
    const program = (manifest.bin["tracker-server"] ?? "").replace(/^\./, "/app")
    assert.deepStrictEqual(command(textsOf(image, "ENTRYPOINT")[0]), ["node", program])
    assert.deepStrictEqual(command(textsOf(image, "CMD")[0]), ["start"])
  })

  it.effect("runs as a plain user, on the port that it says, with its data where that user may write", () =>
    Effect.gen(function*() {
      const names = image.map(({ name }) => name)
      assert.deepStrictEqual(textsOf(image, "USER"), ["node"])
      // Nothing that needs the superuser comes after it.
      assert.notInclude(names.slice(names.indexOf("USER")), "RUN")
      const config = yield* heeded(environmentOf(textsOf(image, "ENV")))
      assert.strictEqual(config.host, "0.0.0.0")
      assert.deepStrictEqual(textsOf(image, "EXPOSE"), [String(config.port)])
      assert.include(textsOf(image, "RUN").join("\n"), `chown node:node ${config.dataDirectory}`)
    }))

  it.live("is healthy when the server is ready, and only then", () =>
    Effect.gen(function*() {
      const [, check] = /CMD (\[.*\])$/.exec(textsOf(image, "HEALTHCHECK")[0] ?? "") ?? []
      const [program = "", ...args] = command(check)
      assert.strictEqual(program, "node")
      assert.include(args.join(" "), "/ready")
      const { url } = yield* testServer()
      const exitCode = (port: string) =>
        Effect.promise(() =>
          new Promise((resolve) => {
            spawn(process.execPath, args, { env: { TRACKER_PORT: port }, stdio: "ignore" }).once("close", resolve)
          })
        )
      assert.strictEqual(yield* exitCode(new URL(url).port), 0)
      // Nobody can listen there.
      assert.strictEqual(yield* exitCode("0"), 1)
    }))
})

describe("compose.yaml", () => {
  // Written for people who have set these two.
  const text = readText("compose.yaml")
    .replaceAll(/\$\{(POSTGRES_PASSWORD|TRACKER_API_KEY):\?[^}]+\}/g, "secret").replaceAll(/\$\{\w+:-([^}]*)\}/g, "$1")
  const { services: { nats, postgres, tracker }, volumes } = Schema.decodeUnknownSync(Compose)(parse(text))

  it.effect("gives the server its database, a key and a port", () =>
    Effect.gen(function*() {
      const config = yield* heeded(tracker.environment ?? {})
      const database = new URL(Redacted.value(Option.getOrThrow(config.databaseUrl)))
      assert.deepStrictEqual(
        [database.hostname, database.username, database.password, database.pathname],
        [
          "postgres",
          postgres.environment?.["POSTGRES_USER"],
          postgres.environment?.["POSTGRES_PASSWORD"],
          `/${postgres.environment?.["POSTGRES_DB"]}`
        ]
      )
      assert.isTrue(Option.isSome(config.apiKey))
      assert.deepStrictEqual(Option.map(config.retention, Duration.toDays), Option.some(90))
      const [port = ""] = tracker.ports ?? []
      // On this machine alone, until somebody decides otherwise.
      assert.strictEqual(port, `127.0.0.1:${config.port}:${textsOf(image, "EXPOSE")[0]}`)
      assert.strictEqual(tracker.build, ".")
    }))

  it.effect("gives the server a bus that keeps messages, without waiting for it", () =>
    Effect.gen(function*() {
      const { url } = Option.getOrThrow((yield* heeded(tracker.environment ?? {})).bus)
      assert.strictEqual(Redacted.value(url), `nats://nats:${nats.ports?.[0]?.split(":")[2]}`)
      assert.match(nats.ports?.[0] ?? "", /^127\.0\.0\.1:/)
      assert.include(nats.command ?? [], "--jetstream")
      assert.include(nats.command ?? [], nats.volumes?.[0]?.split(":")[1] ?? "no volume")
      assert.isUndefined(tracker.depends_on?.["nats"])
    }))

  it("starts the server once PostgreSQL is there, of the version that is tested, and lets it stop in its own time", () => {
    const [version = ""] = Object.values(manifest.optionalDependencies)
    assert.match(postgres.image ?? "", new RegExp(`^postgres:${version.split(".").slice(0, 2).join("\\.")}-[a-z]+$`))
    assert.strictEqual(tracker.depends_on?.["postgres"]?.condition, "service_healthy")
    assert.isTrue(postgres.healthcheck?.test.includes("pg_isready"))
    const [volume = "", path] = postgres.volumes?.[0]?.split(":") ?? []
    assert.property(volumes, volume)
    // Since 18 its data is in a folder of its version below this one.
    assert.strictEqual(path, "/var/lib/postgresql")
    const seconds = Number(/^(\d+)s$/.exec(tracker.stop_grace_period ?? "")?.[1])
    assert.isAbove(seconds * 1_000, stopBudget.totalMs)
    assert.deepStrictEqual([tracker.privileged, tracker.user], [undefined, undefined])
  })
})
