import { describe, expect, it } from "vitest"
import { auditManifest } from "../src/auditManifest.ts"

const complete = { name: "a", version: "1.0.0", license: "MIT", description: "d", repository: "r" }
const audit = (manifest: object) => auditManifest(JSON.stringify(manifest))

describe("auditManifest", () => {
  it("finds nothing wrong with a complete manifest", () => {
    expect(audit(complete)).toEqual({ name: "a", version: "1.0.0", licence: "MIT", problems: [] })
  })

  it.each([
    ["an SPDX expression", { license: "(MIT OR Apache-2.0)" }, "(MIT OR Apache-2.0)"],
    ["the old object", { license: { type: "BSD-3-Clause" } }, "BSD-3-Clause"],
    ["the old list", { license: undefined, licenses: [{}, { type: "ISC" }] }, "ISC"],
    ["nothing", { license: undefined }, "unknown"],
    ["white space", { license: "  " }, "unknown"]
  ])("reads a licence given as %s", (_, fields, licence) => {
    expect(audit({ ...complete, ...fields }).licence).toBe(licence)
  })

  it("names every field that is missing", () => {
    expect(audit({}).problems).toEqual(["no name", "no version", "no licence", "no description", "no repository"])
  })

  it.each(["", "{", "null", "[1]", "7"])("survives the manifest %j", (json) => {
    expect(auditManifest(json).problems.length).toBeGreaterThan(0)
  })
})
