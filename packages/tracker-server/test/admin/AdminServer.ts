import { Context, Effect, Layer, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import type { KeyScope } from "../../src/api/Authorization.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import { request, testServer } from "../http/server.ts"

/** Asks under a key, with a body of JSON where there is one. */
export const asker = (url: string, secret: string) => (method: string, path: string, body?: unknown) =>
  request(url + path, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(body === undefined ? {} : { "content-type": "application/json" })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })

/** Statements on a database as its owner, until the scope closes. */
export const ownerOf = (databaseUrl: Redacted.Redacted) =>
  Effect.map(
    Layer.build(PgConnection.layer({ url: databaseUrl, maxConnections: 2 })),
    (context) => Context.get(context, SqlClient.SqlClient)
  )

/** A server, keys of its tenants ready to ask with, and its database. */
export const adminServer = Effect.gen(function*() {
  const server = yield* testServer()
  const all = ["ingest", "query", "admin"] as const
  return {
    ...server,
    sql: yield* ownerOf(server.databaseUrl),
    as: (tenantId: string, ...scopes: ReadonlyArray<KeyScope>) =>
      Effect.map(
        server.makeKey(tenantId, ...(scopes.length === 0 ? all : scopes)),
        ({ id, secret }) => ({ id, secret, ask: asker(server.url, secret) })
      )
  }
})

/** A plan's event, good enough to be stored. */
export const planStarted = (id: string, planId: string) => ({
  id,
  time: "2026-01-11T10:00:00Z",
  type: "plan.started",
  topic: "system-events",
  data: { plan_id: planId }
})
