import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, References } from "effect"
import { adminServer, asker, planStarted } from "../admin/AdminServer.ts"
import { type Answer, request, testServer, withKey } from "./server.ts"

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

const idOf = ({ headers }: Answer): string => headers.get("x-request-id") ?? "none"

/** Runs with a logger that keeps what it is given, from `debug` on or as the level says. */
const withLog = <A, E, R>(
  test: (
    lines: ReadonlyArray<{ readonly message: unknown; readonly annotations: Readonly<Record<string, unknown>> }>
  ) => Effect.Effect<A, E, R>,
  level: "Debug" | "Info" = "Debug"
) => {
  const lines: Array<{ readonly message: unknown; readonly annotations: Readonly<Record<string, unknown>> }> = []
  const keep = Logger.make(({ fiber, message }) => {
    lines.push({ message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
  })
  return test(lines).pipe(
    Effect.provide(Layer.merge(Logger.layer([keep]), Layer.succeed(References.MinimumLogLevel, level)))
  )
}

describe("a request's id", () => {
  it.live("is in every answer, and in a problem's body", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      const seen = new Set<string>()
      for (
        const path of ["/health", "/ready", "/openapi.json", "/docs", "/none", "/v1/tracker/plans/p", "/v1/admin/keys"]
      ) {
        const answer = yield* request(url + path)
        assert.match(idOf(answer), uuid, path)
        seen.add(idOf(answer))
        if (answer.status < 400) continue
        assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
        assert.strictEqual(JSON.parse(answer.text).instance, `urn:durable-effect:request:${idOf(answer)}`)
        assert.strictEqual(answer.headers.get("content-length"), String(answer.text.length))
      }
      assert.strictEqual(seen.size, 7)
    }))

  it.live("is the client's own where that is fit to be one", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      const ask = (id: string) => Effect.map(request(`${url}/none`, { headers: { "x-request-id": id } }), idOf)
      for (const id of ["a", "req-1", "Root=1-67891233-abcdef012345678912345678", "a/b:c@d~e.f+g=", "x".repeat(128)]) {
        assert.strictEqual(yield* ask(id), id)
      }
      for (const id of ["", "a b", "x".repeat(129), "é", "a\tb", "<script>", "a\"b", "a,b", "%00"]) {
        assert.match(yield* ask(id), uuid, id)
      }
    }))

  it.live("stands by the failures in the log", () =>
    withLog(
      (lines) =>
        Effect.gen(function*() {
          const { as, sql } = yield* adminServer
          const { secret } = yield* as("acme")
          yield* sql`ALTER TABLE plan_executions RENAME TO elsewhere`
          const answer = yield* (yield* as("acme")).ask("GET", "/v1/tracker/plans/p")
          assert.strictEqual(answer.status, 500)
          assert.strictEqual(JSON.parse(answer.text).instance, `urn:durable-effect:request:${idOf(answer)}`)
          const failures = lines.filter(({ message }) => String(message).includes("A request failed"))
          assert.deepStrictEqual(failures.map(({ annotations }) => annotations["requestId"]), [idOf(answer)])
          assert.notInclude(JSON.stringify(lines.map(({ message }) => message)), secret)
          // At the level info there is no line for each request.
          assert.notInclude(JSON.stringify(lines), "durationMs")
        }),
      "Info"
    ))
})

describe("the access log", () => {
  it.live("has one line a request at debug level, without ids and secrets", () =>
    withLog((lines) =>
      Effect.gen(function*() {
        const { as, url } = yield* adminServer
        const { ask, secret } = yield* as("acme")
        const answers = [
          yield* ask("POST", "/v1/events", { events: [planStarted("the-event", "the-plan")] }),
          yield* ask("GET", "/v1/tracker/plans/the-plan/tasks?limit=3"),
          yield* ask("GET", "/v1/tracker/plans/another-plan"),
          yield* asker(url, "dek_nobody")("DELETE", "/v1/admin/keys/the-key"),
          yield* request(`${url}/the-path`),
          yield* request(`${url}/v1/events`, withKey(secret))
        ]
        const requests = lines.filter(({ annotations }) => "durationMs" in annotations)
        assert.deepStrictEqual(
          requests.map(({ annotations: { durationMs, ...rest } }) => {
            assert.isAtLeast(Number(durationMs), 0)
            return rest
          }),
          [
            { method: "POST", route: "/v1/events", status: 200, tenant: "acme" },
            { method: "GET", route: "/v1/tracker/plans/:plan_id/tasks", status: 200, tenant: "acme" },
            { method: "GET", route: "/v1/tracker/plans/:plan_id", status: 404, tenant: "acme" },
            { method: "DELETE", route: "/v1/admin/keys/:id", status: 401, tenant: "none" },
            { method: "GET", route: "unknown", status: 404, tenant: "none" },
            { method: "GET", route: "/v1/events", status: 405, tenant: "none" }
          ].map((line, i) => ({ ...line, requestId: idOf(answers[i] ?? assert.fail("no answer")) }))
        )
        const all = JSON.stringify(lines)
        for (const hidden of ["the-event", "the-plan", "another-plan", "the-key", "the-path", secret, "dek_"]) {
          assert.notInclude(all, hidden)
        }
      })
    ))
})
