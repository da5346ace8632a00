import { NatsEventBus } from "@durable-effect/bus/nats"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Effect, Layer, Option, type Redacted, type Scope } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { ServeError } from "effect/http/HttpServerError"
import { AdminHandlers } from "./admin/AdminHandlers.ts"
import type { ServerConfig } from "./config.ts"
import * as PgTenantErasure from "./erasure/PgTenantErasure.ts"
import * as bodyLimit from "./http/bodyLimit.ts"
import * as docs from "./http/docs.ts"
import { documentedApi } from "./http/documentedApi.ts"
import * as Drain from "./http/Drain.ts"
import * as problems from "./http/problems.ts"
import * as requests from "./http/requests.ts"
import * as root from "./http/root.ts"
import { SystemHandlers } from "./http/SystemHandlers.ts"
import * as authorization from "./identity/authorization.ts"
import * as PgApiKeys from "./identity/PgApiKeys.ts"
import * as RecentKeys from "./identity/RecentKeys.ts"
import * as Admission from "./ingest/Admission.ts"
import { IngestHandlers } from "./ingest/IngestHandlers.ts"
import * as retention from "./maintenance/retention.ts"
import * as databaseMetrics from "./metrics/databaseMetrics.ts"
import * as processMetrics from "./metrics/processMetrics.ts"
import { QueryHandlers } from "./query/QueryHandlers.ts"
import { StatisticsHandlers } from "./query/StatisticsHandlers.ts"
import * as PgConnection from "./storage/postgres/PgConnection.ts"
import * as PgStores from "./storage/postgres/PgStores.ts"
import * as PgWakeups from "./storage/postgres/PgWakeups.ts"
import * as TenantSql from "./storage/postgres/TenantSql.ts"
import * as LiveStreams from "./stream/LiveStreams.ts"
import { StreamHandlers } from "./stream/StreamHandlers.ts"
import * as BusListener from "./subscribers/BusListener.ts"

/** Maximum characters of a path parameter: an id of 255 bytes, each percent-encoded. */
const maxParamLength = 3 * 255

const routes = (config: ServerConfig) =>
  Layer.mergeAll(
    // The first is outermost: errors get these headers too.
    requests.layer,
    Option.match(config.corsOrigin, {
      onNone: () => Layer.empty,
      onSome: (origin) =>
        HttpRouter.cors({ allowedOrigins: [origin], exposedHeaders: ["link", "retry-after", "x-request-id"] })
    }),
    Drain.middleware,
    problems.layer,
    bodyLimit.layer,
    HttpApiBuilder.layer(documentedApi, { openapiPath: "/openapi.json" }).pipe(
      Layer.provide([SystemHandlers, IngestHandlers, QueryHandlers, StatisticsHandlers, StreamHandlers, AdminHandlers]),
      Layer.provide([authorization.layer, LiveStreams.layer])
    ),
    docs.layer,
    root.layer
  )

/** The bus subscriber, once there is a bus to connect to: nothing here waits for it. */
const listener = (config: ServerConfig) =>
  Option.match(config.bus, {
    onNone: () => BusListener.layerNone,
    onSome: ({ prefix, tenant, tenantField, url }) =>
      BusListener.layer({ tenant, field: Option.getOrUndefined(tenantField) }).pipe(
        Layer.provide(NatsEventBus.layer({ url, prefix, name: "tracker-server" }))
      )
  })

/**
 * Serves a migrated database over HTTP until the scope closes. Returns its URL once it accepts requests. On close it
 * stops listening, finishes running requests, and only then releases the database.
 */
export const serve = Effect.fnUntraced(function*(
  config: ServerConfig,
  databaseUrl: Redacted.Redacted
): Effect.fn.Return<string, ServeError, Scope.Scope> {
  const drain = Context.get(yield* Layer.build(Drain.layer), Drain.Drain)
  const store = Layer.mergeAll(
    // The store creates the partitions that are counted.
    Layer.provideMerge(databaseMetrics.layer, PgStores.layer),
    PgTenantErasure.layer,
    retention.layer(config.retention),
    processMetrics.layer
  ).pipe(
    Layer.provideMerge(PgWakeups.layer(databaseUrl)),
    Layer.provideMerge(TenantSql.layer),
    Layer.provideMerge(RecentKeys.layer),
    Layer.provideMerge(PgApiKeys.layer),
    Layer.provideMerge(PgConnection.layer({ url: databaseUrl }))
  )
  const stores = Layer.succeedContext(yield* Layer.build(Layer.merge(store, Layer.succeed(Drain.Drain, drain))))
  const http = yield* Layer.build(
    NodeHttpServer.layer(() => drain.httpServer, { host: config.host, port: config.port })
  )
  // Apart from the HTTP server, so that the fiber of a request does not begin with all of them: each step on its way to a
  // handler may copy what it carries. Messages of the bus are taken once there is a port.
  const services = yield* listener(config).pipe(
    Layer.provideMerge(Admission.layer),
    Layer.provideMerge(stores),
    Layer.build
  )
  yield* HttpRouter.serve(Layer.provide(routes(config), Layer.succeedContext(services)), {
    routerConfig: { maxParamLength },
    disableLogger: true,
    disableListenLog: true
  }).pipe(
    Layer.provide(Layer.succeedContext(http)),
    Layer.build
  )
  // Nothing here upgrades connections. Without an "upgrade" listener, Node treats a request that offers HTTP/2, as
  // Java's client and `curl --http2` send, like any other; with one, its body would not be read as part of the request.
  drain.httpServer.removeAllListeners("upgrade")
  const { stop } = Context.get(services, BusListener.BusListener)
  yield* Effect.addFinalizer(() => Effect.all([drain.stop, stop], { concurrency: "unbounded", discard: true }))
  return HttpServer.formatAddress(Context.get(http, HttpServer.HttpServer).address)
})
