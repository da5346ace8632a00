import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { HttpApi } from "effect/http-api"
import { TrackerApi } from "../../src/api/TrackerApi.ts"
import { request, testServer } from "./server.ts"

const Versioned = Schema.Struct({ version: Schema.String })
const Problem = Schema.fromJsonString(Schema.Struct({ type: Schema.String }))
const Content = Schema.Struct({
  content: Schema.optional(Schema.Record(Schema.String, Schema.Struct({ schema: Schema.Json })))
})
const Example = Schema.Struct({ examples: Schema.NonEmptyArray(Schema.Json) })
const hasExample = Schema.is(Example)
/** A stream has its example on what a message carries. */
const MessageExample = Schema.Struct({
  anyOf: Schema.TupleWithRest(
    Schema.Tuple([Schema.Struct({ properties: Schema.Struct({ data: Schema.Struct({ contentSchema: Example }) }) })]),
    [Schema.Json]
  )
})
const hasMessageExample = Schema.is(MessageExample)
const Operation = Schema.Struct({
  requestBody: Schema.optional(Content),
  responses: Schema.Record(Schema.String, Content)
})
const Document = Schema.fromJsonString(Schema.Struct({
  info: Schema.Struct({ ...Versioned.fields, description: Schema.String }),
  paths: Schema.Record(Schema.String, Schema.Record(Schema.String, Operation))
}))
const Health = Schema.fromJsonString(Versioned)

class Server extends Context.Service<Server, Effect.Success<ReturnType<typeof testServer>>>()("test/Server") {}

const assertExamples = (content: typeof Content.Type["content"], place: string) => {
  for (const [type, { schema }] of Object.entries(content ?? {})) {
    assert.isTrue(hasExample(schema) || hasMessageExample(schema), `${place} ${type} has no example`)
  }
}

const document = Effect.gen(function*() {
  const { url } = yield* Server
  return Schema.decodeUnknownSync(Document)((yield* request(`${url}/openapi.json`)).text)
})

layer(Layer.effect(Server, testServer()), { excludeTestServices: true })("the OpenAPI document", (it) => {
  it.effect("has the version that the server says it is", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      const { version } = Schema.decodeUnknownSync(Health)((yield* request(`${url}/health`)).text)
      assert.strictEqual((yield* document).info.version, version)
    }))

  it.effect("lets a later version say more than this one", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      assert.notMatch((yield* request(`${url}/openapi.json`)).text, /"additionalProperties":\s*false/)
    }))

  it.effect("lists every route with examples, and for each failure the problem that it is", () =>
    Effect.gen(function*() {
      const { paths } = yield* document
      const routes: Array<readonly [path: string, method: string]> = []
      HttpApi.reflect(TrackerApi, {
        onGroup: () => {},
        onEndpoint: ({ endpoint: { method, path } }) => {
          routes.push([path.replaceAll(/:(\w+)/g, "{$1}"), method.toLowerCase()])
        }
      })
      assert.includeDeepMembers(routes, [["/v1/tracker/stream", "get"], ["/metrics", "get"], ["/ready", "get"]])
      for (const [path, method] of routes) {
        const { requestBody, responses } = paths[path]?.[method] ?? assert.fail(`${method} ${path} is missing`)
        for (const [status, { content }] of Object.entries(responses)) {
          if (Number(status) >= 400) assert.hasAllKeys(content, ["application/problem+json"], `${path} ${status}`)
          else assertExamples(content, `${method} ${path} ${status}`)
        }
        assertExamples(requestBody?.content, `${method} ${path}`)
        assert.isTrue(!("404" in responses) || path.includes("{"), `${path} always is`)
        if (path.startsWith("/v1/")) assert.containsAllKeys(responses, ["401", "403", "503"], path)
      }
      const stream = paths["/v1/tracker/stream"]?.["get"]?.responses["200"]?.content
      assert.hasAllKeys(stream, ["text/event-stream"])
    }))

  it.effect("names the problems that any route can have", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      const { info: { description } } = yield* document
      const answers = [
        yield* request(`${url}/health`, { method: "PUT" }),
        yield* request(`${url}/health?${"x".repeat(20_000)}`)
      ]
      const types = answers.map(({ text }) => Schema.decodeUnknownSync(Problem)(text).type)
      for (const name of [...types, "request-timeout", "internal"]) {
        assert.include(description, `\`${name.replace("urn:durable-effect:problem:", "")}\``)
      }
    }))

  it.effect("is shown by a page that needs no other host, and is let reach none", () =>
    Effect.gen(function*() {
      const { url } = yield* Server
      const { headers, status, text } = yield* request(`${url}/docs`)
      assert.deepStrictEqual([status, headers.get("content-type")?.startsWith("text/html")], [200, true])
      assert.include(text, "/v1/tracker/stream")
      const policy = headers.get("content-security-policy") ?? ""
      assert.include(policy, "default-src 'none'")
      assert.include(policy, "connect-src 'self'")
      assert.notMatch(policy, /https?:|\*/)
      // What a script says is the policy's to judge; the page by itself loads nothing at all.
      const page = text.replaceAll(/(<script[^>]*>)[^]*?<\/script>/g, "$1")
      assert.notMatch(page, /\b(src|href|srcset|data|action)\s*=|url\(|@import|https?:/)
      assert.include(text, "\"withDefaultFonts\":false")
      assert.isNull((yield* request(`${url}/health`)).headers.get("content-security-policy"))
    }))
})
