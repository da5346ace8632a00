import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { dataDirectory, getStatus, postgresPid, runProcess, slow, startProcess, untilStatus } from "./TrackerProcess.ts"

const unknownPlan = "/v1/tracker/plans/none"

describe("keys", slow, () => {
  it.live("work beside a running server", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      const url = yield* server.url
      const made = yield* runProcess(
        ["keys", "create", "--tenant", "acme", "--scope", "query", "--name", "laptop", "--data-dir", directory]
      )
      const secret = made.stdout.trim()
      assert.match(secret, /^dek_[\w-]{43}$/)
      assert.strictEqual(yield* getStatus(url + unknownPlan, secret), 404)

      const list = yield* runProcess(["keys", "list", "--data-dir", directory])
      const [, id = ""] = /^(key_\S+) +acme +query +\S+Z +- +laptop$/m.exec(list.stdout) ?? []
      assert.match(id, /^key_/)
      assert.notInclude(list.stdout + list.stderr, secret)

      const revoked = yield* runProcess(["keys", "revoke", id, "--data-dir", directory])
      assert.deepStrictEqual([revoked.code, revoked.stdout], [0, `${id} is revoked\n`])
      // A running server knows a key for up to a second after it was asked for.
      yield* untilStatus(401, url + unknownPlan, secret)
      assert.strictEqual(yield* getStatus(`${url}/ready`), 200)
    }))

  it.live("work without a server, and leave no PostgreSQL behind", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const made = yield* runProcess(
        ["keys", "create", "--tenant", "acme", "--scope", "ingest,query", "--data-dir", directory]
      )
      assert.strictEqual(made.code, 0)
      assert.isTrue(Option.isNone(postgresPid(directory)))
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      assert.strictEqual(yield* getStatus((yield* server.url) + unknownPlan, made.stdout.trim()), 404)
      assert.notInclude(server.stdout(), "dek_")
    }))

  it.live("several at once share the database that one of them starts", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const create = (tenant: string) =>
        runProcess(["keys", "create", "--tenant", tenant, "--scope", "query", "--data-dir", directory])
      const made = yield* Effect.all(["a", "b", "c"].map(create), { concurrency: "unbounded" })
      assert.deepStrictEqual(made.map(({ code }) => code), [0, 0, 0])
      const list = yield* runProcess(["keys", "list", "--data-dir", directory])
      assert.strictEqual(list.stdout.match(/^key_/gm)?.length, 3)
      assert.isTrue(Option.isNone(postgresPid(directory)))
    }))
})
