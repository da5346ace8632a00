import { freshDatabase } from "@durable-effect/test-support"
import { Effect, Layer, Metric, Redacted, Schema } from "effect"
import type { KeyScope } from "../../src/api/Authorization.ts"
import { readServerConfig } from "../../src/config.ts"
import { ApiKeys } from "../../src/identity/ApiKeys.ts"
import * as PgApiKeys from "../../src/identity/PgApiKeys.ts"
import { serve } from "../../src/server.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"

/** Makes keys of tenants. */
export const keysOf = (databaseUrl: Redacted.Redacted) => (tenantId: string, ...scopes: ReadonlyArray<KeyScope>) =>
  Effect.flatMap(ApiKeys, (keys) => keys.create({ tenantId, scopes, name: "test" }, "cli")).pipe(
    Effect.map(({ id, secret }) => ({ id, secret: Redacted.value(secret) })),
    Effect.provide(Layer.provide(PgApiKeys.layer, PgConnection.layer({ url: databaseUrl })))
  )

/** A server in this process over a database, until the scope closes. */
export const serverOver = (
  databaseUrl: Redacted.Redacted,
  flags: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {}
) =>
  Effect.gen(function*() {
    const config = yield* readServerConfig({ flags: { port: "0", ...flags }, env }, false)
    // Servers of one process do not count each other's requests.
    const url = yield* Effect.provideService(serve(config, databaseUrl), Metric.MetricRegistry, new Map())
    return { url, databaseUrl, makeKey: keysOf(databaseUrl) }
  })

/** The same over a new database of its own. */
export const testServer = (flags: Readonly<Record<string, string>> = {}) =>
  Effect.flatMap(freshDatabase(), (databaseUrl) => serverOver(databaseUrl, flags))

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export const request = (url: string, init: RequestInit = {}): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const answer = await fetch(url, init)
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  })

export const withKey = (secret: string): RequestInit => ({ headers: { authorization: `Bearer ${secret}` } })

const Problem = Schema.fromJsonString(
  Schema.Struct({ type: Schema.String, status: Schema.Int, title: Schema.String, detail: Schema.String })
)

/** Reads a problem document: its status twice, its type, its detail. */
export const problem = ({ headers, status, text }: Answer) => ({
  contentType: headers.get("content-type"),
  status,
  body: Schema.decodeUnknownSync(Problem)(text)
})
