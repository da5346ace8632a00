/** What one installed package is like. */
export interface Audit {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly files: number
  readonly bytes: number
  /** Manifest fields that are missing or broken, each as a sentence. */
  readonly problems: ReadonlyArray<string>
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value : undefined

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined

/** `license` is an SPDX expression; old manifests say `{ "type": … }` or a list of those. */
const licenceOf = (manifest: unknown): string | undefined => {
  const license = field(manifest, "license")
  const licenses = field(manifest, "licenses")
  return text(license) ?? text(field(license, "type"))
    ?? (Array.isArray(licenses)
      ? licenses.map((entry) => text(field(entry, "type"))).find((type) => type !== undefined)
      : undefined)
}

/** Reads a `package.json`, and says what a careful reader would miss in it. */
export const auditManifest = (json: string): Omit<Audit, "files" | "bytes"> => {
  let manifest: unknown
  try {
    manifest = JSON.parse(json)
  } catch {
    return { name: "(unreadable)", version: "(unreadable)", licence: "unknown", problems: ["package.json is not JSON"] }
  }
  const name = text(field(manifest, "name"))
  const version = text(field(manifest, "version"))
  const licence = licenceOf(manifest)
  const missing = ["description", "repository"].filter((key) => field(manifest, key) === undefined)
  return {
    name: name ?? "(nameless)",
    version: version ?? "(unversioned)",
    licence: licence ?? "unknown",
    problems: [
      ...(name === undefined ? ["no name"] : []),
      ...(version === undefined ? ["no version"] : []),
      ...(licence === undefined ? ["no licence"] : []),
      ...missing.map((key) => `no ${key}`)
    ]
  }
}
