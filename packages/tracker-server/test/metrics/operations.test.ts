import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { busConnected, busLag, busListening, busRedeliveries } from "../../src/metrics/catalogue.ts"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { request, testServer } from "../http/server.ts"
import { readMetrics } from "./readMetrics.ts"

const text = readFileSync(new URL("../../../../docs/operations.md", import.meta.url), "utf8")

/** Every word of it that is, by its beginning, the name of a metric. */
const named = new Set(text.match(/\b(tracker|process|nodejs)_[a-z][a-z0-9_]*\b/g))
/** The role, which is called like a metric. */
named.delete("tracker_app")

describe("docs/operations.md", () => {
  it.live("names metrics that there are, with labels that they have, and all of ours", () =>
    Effect.gen(function*() {
      const { makeKey, url } = yield* testServer()
      const { secret } = yield* makeKey("acme", "ingest", "query")
      const { ask, send } = clientOf(url, secret)
      verdicts(yield* send(batch(planStarted("one"))))
      yield* ask("/plans/p")
      const metrics = yield* Effect.repeat(
        Effect.map(request(`${url}/metrics`), ({ text }) => readMetrics(text)),
        {
          until: ({ families, samples }) =>
            families.has("tracker_database_size_bytes") && [...samples.keys()].some((key) => key.includes("/plans/"))
        }
      )
      const samples = [...metrics.samples.keys()]
      const names = new Set(samples.map((sample) => sample.split("{")[0]))
      const ofBus = new Set([busConnected, busLag(""), busListening(""), busRedeliveries("")].map(({ id }) => id))
      for (const name of named) assert.isTrue(names.has(name) || ofBus.has(name), name)
      for (const name of ofBus) assert.isTrue(named.has(name), `${name} is not mentioned`)
      // Every metric that is ours is there for somebody.
      for (const family of metrics.families.keys()) {
        assert.isTrue([...named].some((name) => name.startsWith(family)), `${family} is not mentioned`)
      }
      for (const [, name = "", labels = ""] of text.matchAll(/(tracker_\w+)\{([^}]*)\}/g)) {
        for (const [, label = "", operator = "", value = ""] of labels.matchAll(/(\w+)(=~?)"([^"]*)"/g)) {
          const values = samples.filter((sample) => sample.startsWith(`${name}{`)).map((sample) =>
            new RegExp(`[{,]${label}="([^"]*)"`).exec(sample)?.[1] ?? ""
          )
          const isShown = (shown: string) => operator === "=" ? shown === value : new RegExp(`^(${value})$`).test(shown)
          // No request has failed here.
          assert.isTrue(label === "status" ? values.includes("200") : values.some(isShown), `${name} ${label}=${value}`)
        }
      }
    }))

  it("has rules that can be read, and says of each what to do", () => {
    const [, rules = ""] = /```yaml\n([^]*?)```/.exec(text) ?? []
    const { groups: [group] } = parse(rules)
    assert.isAbove(group.rules.length, 8)
    const [, told = ""] = text.split("| alert")
    for (const { alert, expr } of group.rules) {
      assert.include(told, alert)
      assert.match(expr, /[<>=]/)
    }
  })
})
