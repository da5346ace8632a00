import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Answer, problem } from "../http/server.ts"
import { adminServer, planStarted } from "./AdminServer.ts"

const deep = `${"[".repeat(60_000)}${"]".repeat(60_000)}`

/** Event after event as text, so that none has to be written as JSON by us. */
const batch = (...events: ReadonlyArray<string>) => `{"events":[${events.join(",")}]}`

const send = (url: string, secret: string, body: string) =>
  Effect.promise(async () => {
    const answer = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body
    })
    return { status: answer.status, text: await answer.text() }
  })

describe("GET /v1/admin/rejected", () => {
  it.live("shows what was refused and why, newest first, that of the tenant alone", () =>
    Effect.gen(function*() {
      const { as, url } = yield* adminServer
      const acme = yield* as("acme")
      const other = yield* as("other")
      yield* send(url, acme.secret, batch(JSON.stringify({ eventId: "first" })))
      yield* send(url, acme.secret, batch("7", deep, `{"id":"inf","time":"now","n":1e400}`))
      yield* send(url, other.secret, batch("\"theirs\""))
      const answer = yield* acme.ask("GET", "/v1/admin/rejected")
      const { counts, rejected } = JSON.parse(answer.text)
      assert.deepStrictEqual([answer.status, counts], [200, { invalid_number: 1, missing_field: 1, not_an_object: 2 }])
      assert.strictEqual(rejected.at(-1).event_id, "first")
      assert.deepStrictEqual(
        new Set(rejected.map(({ body, code }: { body: string | null; code: string }) => `${code} ${body}`)),
        new Set([
          "missing_field {\"eventId\":\"first\"}",
          "not_an_object 7",
          "not_an_object null",
          "invalid_number {\"id\":\"inf\",\"time\":\"now\",\"n\":1e999}"
        ])
      )
      for (const one of rejected) {
        assert.hasAllKeys(one, ["rejected_id", "event_id", "code", "detail", "received_at", "body"])
      }
      const coded = JSON.parse((yield* acme.ask("GET", "/v1/admin/rejected?code=missing_field")).text)
      assert.deepStrictEqual([coded.rejected.length, coded.counts], [1, counts])
      assert.notInclude(answer.text, "theirs")
      assert.strictEqual(problem(yield* acme.ask("GET", "/v1/admin/rejected?code=none")).status, 400)
    }))

  it.live("comes in pages by number and by bytes", () =>
    Effect.gen(function*() {
      const { as, url } = yield* adminServer
      const acme = yield* as("acme")
      const other = yield* as("other")
      const large = "x".repeat(1_500_000)
      const sent = [0, 1, 2, 3].map((n) => `large-${n}`)
      for (const id of sent) yield* send(url, acme.secret, batch(JSON.stringify({ eventId: id, large })))
      for (const n of [4, 5, 6]) yield* send(url, acme.secret, batch(JSON.stringify({ eventId: `small-${n}` })))
      const seen: Array<string> = []
      const sizes: Array<number> = []
      let path: string | undefined = "/v1/admin/rejected?limit=4"
      while (path !== undefined) {
        const answer: Answer = yield* acme.ask("GET", path)
        const { rejected } = JSON.parse(answer.text)
        seen.push(...rejected.map(({ event_id }: { event_id: string }) => event_id))
        sizes.push(rejected.length)
        path = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
        if (path === undefined) break
        assert.strictEqual((yield* other.ask("GET", path)).status, 400)
        assert.strictEqual((yield* acme.ask("GET", `${path}&code=too_large`)).status, 400)
      }
      assert.deepStrictEqual(seen, ["small-6", "small-5", "small-4", ...sent.toReversed()])
      // Two of 1.5 MB fit into 4 MiB, three do not.
      assert.deepStrictEqual(sizes, [4, 2, 1])
    }))
})

const missingTime = (id: string, planId: string) => ({ ...planStarted(id, planId), time: undefined })

describe("POST /v1/admin/rejected/replay", () => {
  it.live("takes in what is good now, and keeps and counts the rest", () =>
    Effect.gen(function*() {
      const { as, sql, url } = yield* adminServer
      const acme = yield* as("acme")
      const other = yield* as("other")
      const conflicting = planStarted("taken", "q")
      yield* send(url, acme.secret, batch(JSON.stringify(planStarted("taken", "p"))))
      yield* send(url, acme.secret, batch(JSON.stringify(conflicting), deep, JSON.stringify(missingTime("bad", "p"))))
      yield* send(url, other.secret, batch(JSON.stringify(missingTime("theirs", "p"))))
      // As if they had been refused by rules of an earlier version.
      for (const [id, code] of [["healed", "invalid_payload"], ["taken", "invalid_type"]] as const) {
        const body = JSON.stringify(planStarted(id, id === "taken" ? "p" : "healed"))
        yield* sql`INSERT INTO rejected_events (tenant_id, event_id, code, detail, body, content_sha256, received_at)
          VALUES ('acme', ${id}, ${code}, 'was bad once', ${body}, sha256(${body}::bytea), '2026-01-01T00:00:00Z')`
      }
      const replay = (query = "") =>
        Effect.map(acme.ask("POST", `/v1/admin/rejected/replay${query}`), ({ text }) => JSON.parse(text))
      const expected = {
        replayed: 1,
        duplicates: 1,
        rejected: { id_conflict: 1, missing_field: 1 },
        not_kept: 1
      }
      assert.deepStrictEqual(yield* replay("?dry_run=true"), { dry_run: true, ...expected })
      assert.strictEqual((yield* acme.ask("GET", "/v1/tracker/plans/healed")).status, 404)
      assert.deepStrictEqual(yield* replay(), { dry_run: false, ...expected })
      assert.strictEqual((yield* acme.ask("GET", "/v1/tracker/plans/healed")).status, 200)
      const rest = { dry_run: false, replayed: 0, duplicates: 0, rejected: expected.rejected, not_kept: 1 }
      assert.deepStrictEqual(yield* replay(), rest)
      const { counts } = JSON.parse((yield* acme.ask("GET", "/v1/admin/rejected")).text)
      assert.deepStrictEqual(counts, { id_conflict: 1, missing_field: 1, not_an_object: 1 })
      const theirs = JSON.parse((yield* other.ask("GET", "/v1/admin/rejected")).text)
      assert.deepStrictEqual(theirs.counts, { missing_field: 1 })

      // Once the event that holds the id is gone, the other one may have it.
      yield* sql`DELETE FROM event_ids WHERE tenant_id = 'acme'`
      assert.deepStrictEqual(yield* replay("?code=id_conflict"), {
        dry_run: false,
        replayed: 1,
        duplicates: 0,
        rejected: {},
        not_kept: 0
      })
      assert.strictEqual((yield* acme.ask("GET", "/v1/tracker/plans/q")).status, 200)
    }))

  it.live("goes on page by page, and ends", () =>
    Effect.gen(function*() {
      const { as, url } = yield* adminServer
      const { ask, secret } = yield* as("acme")
      const events = Array.from({ length: 7 }, (_, i) => JSON.stringify(missingTime(`bad-${i}`, "p")))
      yield* send(url, secret, batch(...events))
      const counts: Array<number> = []
      let path: string | undefined = "/v1/admin/rejected/replay?limit=3"
      while (path !== undefined) {
        const answer: Answer = yield* ask("POST", path)
        counts.push(JSON.parse(answer.text).rejected.missing_field)
        path = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
      }
      assert.deepStrictEqual(counts, [3, 3, 1])
      const { counts: kept } = JSON.parse((yield* ask("GET", "/v1/admin/rejected")).text)
      assert.deepStrictEqual(kept, { missing_field: 7 })
    }))
})
