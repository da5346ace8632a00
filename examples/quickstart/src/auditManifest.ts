/** What a package says of itself. */
export interface ManifestAudit {
  readonly name: string
  readonly version: string
  readonly licence: string
  /** What a careful reader would stumble over, each as a sentence. */
  readonly findings: ReadonlyArray<string>
}

/** What one installed package is like. */
export interface Audit extends ManifestAudit {
  readonly files: number
  readonly bytes: number
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? value : undefined

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined

/** What is no name, such as a whole licence, is nothing to tell licences apart by. */
const nameOf = (licence: string): string => /^[\x20-\x7e]{1,100}$/.test(licence) ? licence : "custom"

/** `license` is an SPDX expression; old manifests say `{ "type": … }` or a list of those. */
export const licenceOf = (manifest: unknown): string => {
  const license = field(manifest, "license")
  const licenses = field(manifest, "licenses")
  const listed = Array.isArray(licenses) ? licenses.map((entry) => text(field(entry, "type"))) : []
  return nameOf(text(license) ?? text(field(license, "type")) ?? listed.find((type) => type !== undefined) ?? "unknown")
}

/** Scripts that npm runs when the package is installed. */
const installScripts = ["preinstall", "install", "postinstall"]

/** Reads a `package.json`. */
export const auditManifest = (manifest: unknown): ManifestAudit => {
  const name = text(field(manifest, "name"))
  const version = text(field(manifest, "version"))
  const licence = licenceOf(manifest)
  const isDescribed = text(field(manifest, "description")) !== undefined
  const scripts = installScripts.filter((script) => text(field(field(manifest, "scripts"), script)) !== undefined)
  return {
    name: name ?? "(nameless)",
    version: version ?? "(unversioned)",
    licence,
    findings: [
      ...(name === undefined ? ["no name"] : []),
      ...(version === undefined ? ["no version"] : []),
      ...(licence === "unknown" ? ["no licence"] : []),
      ...(isDescribed ? [] : ["no description"]),
      ...(field(manifest, "repository") === undefined ? ["no repository"] : []),
      ...scripts.map((script) => `runs ${script}`)
    ]
  }
}
