import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"

/** What a manifest says; a text is written as it is. */
type Manifest = string | { readonly license?: string; readonly description?: string }

/** An installed package: where it is below the store of its workspace. */
export const pathOf = (name: string): string => join(`${name}@1.0.0`, "node_modules", name)

/** A folder with these packages installed, as pnpm would, removed after the test. */
export const makeWorkspace = (manifests: { readonly [name: string]: Manifest }) => {
  const root = mkdtempSync(join(tmpdir(), "quickstart-"))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const install = (name: string, manifest: Manifest) => {
    const folder = join(root, "node_modules", ".pnpm", pathOf(name))
    mkdirSync(folder, { recursive: true })
    const complete = { name, version: "1.0.0", description: "d", repository: "r" }
    const text = typeof manifest === "string" ? manifest : JSON.stringify({ ...complete, ...manifest })
    writeFileSync(join(folder, "package.json"), text)
    writeFileSync(join(folder, "LICENSE"), "may be used")
  }
  for (const [name, manifest] of Object.entries(manifests)) install(name, manifest)
  writeFileSync(join(root, "pnpm-lock.yaml"), "packages:\n\n  p01@1.0.0:\n    resolution: {}\n")
  return { root, install }
}

/** This many packages of one kind. */
export const manyPackages = (count: number, manifest: Manifest = { license: "MIT" }) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${String(index + 1).padStart(3, "0")}`, manifest]))
