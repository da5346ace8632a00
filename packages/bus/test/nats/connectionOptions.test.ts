import { assert, describe, it } from "@effect/vitest"
import { connectionOptions, isNatsUrl, serverNames } from "../../src/nats/connectionOptions.ts"
import { isPrefix } from "../../src/nats/subjects.ts"

describe("a URL of NATS", () => {
  it.each([
    ["nats://host", true],
    ["nats://host:4223/", true],
    ["nats://a:1,nats://b:2", true],
    ["tls://[::1]:4222", true],
    ["host:4222", false],
    ["http://host", false],
    ["nats://", false],
    ["nats://host/path", false],
    ["nats://a,b", false],
    ["", false]
  ])("%s: %s", (url, expected) => assert.strictEqual(isNatsUrl(url), expected))

  it("gives servers, user, password, token and TLS", () => {
    assert.deepInclude(connectionOptions("nats://me:p%40ss@a:1,nats://b", "name"), {
      servers: ["a:1", "b:4222"],
      user: "me",
      pass: "p@ss",
      name: "name"
    })
    assert.deepInclude(connectionOptions("tls://t0ken@a:80", "name"), { servers: ["a:80"], token: "t0ken", tls: {} })
  })

  it("is named without what is secret in it", () => {
    assert.strictEqual(serverNames("nats://me:secret@a:1,nats://t0ken@b"), "a:1, b:4222")
  })
})

describe("a prefix of subjects", () => {
  it.each([["tracker", true], ["acme.tracker-1", true], ["", false], ["a..b", false], ["a.*", false], ["a b", false]])(
    "%s: %s",
    (prefix, expected) => assert.strictEqual(isPrefix(prefix), expected)
  )
})
