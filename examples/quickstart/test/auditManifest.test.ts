import { describe, expect, it } from "vitest"
import { auditManifest } from "../src/auditManifest.ts"

const complete = { name: "a", version: "1.0.0", license: "MIT", description: "d", repository: "r" }

describe("auditManifest", () => {
  it("finds nothing in a complete manifest", () => {
    expect(auditManifest(complete)).toEqual({ name: "a", version: "1.0.0", licence: "MIT", findings: [] })
  })

  it.each([
    ["an SPDX expression", { license: "(MIT OR Apache-2.0)" }, "(MIT OR Apache-2.0)"],
    ["the old object", { license: { type: "BSD-3-Clause" } }, "BSD-3-Clause"],
    ["the old list", { license: undefined, licenses: [{}, { type: "ISC" }] }, "ISC"],
    ["nothing", { license: undefined }, "unknown"],
    ["white space", { license: "  " }, "unknown"],
    ["a whole text", { license: "Permission is hereby granted\nto nobody. ".repeat(9) }, "custom"]
  ])("reads a licence given as %s", (_, fields, licence) => {
    expect(auditManifest({ ...complete, ...fields }).licence).toBe(licence)
  })

  it("names every field that is missing", () => {
    expect(auditManifest({}).findings).toEqual([
      "no name",
      "no version",
      "no licence",
      "no description",
      "no repository"
    ])
  })

  it("names the scripts that run when the package is installed, and no others", () => {
    const scripts = { test: "t", prepare: "p", postinstall: "node install.js" }
    expect(auditManifest({ ...complete, scripts }).findings).toEqual(["runs postinstall"])
  })

  it.each([null, [1], 7, "text"])("survives the manifest %j", (manifest) => {
    expect(auditManifest(manifest).findings.length).toBeGreaterThan(0)
  })
})
