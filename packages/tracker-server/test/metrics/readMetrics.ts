import { assert } from "@effect/vitest"

/** A text of Prometheus, read. */
export interface Metrics {
  /** The type of each family. */
  readonly families: ReadonlyMap<string, string>
  /** The value of each sample, by its name and labels as written. */
  readonly samples: ReadonlyMap<string, number>
}

const sample = /^([a-z_][a-z0-9_]*)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/

/** The family of a sample: those of a histogram have three endings. */
const familyOf = (name: string, families: ReadonlyMap<string, string>) =>
  families.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "")

/** Reads metrics, and fails where they are not as the format has them. */
export const readMetrics = (text: string): Metrics => {
  assert.isTrue(text.endsWith("\n"))
  const families = new Map<string, string>()
  const samples = new Map<string, number>()
  let current = ""
  for (const line of text.trimEnd().split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (kind === "TYPE") {
      assert.isFalse(families.has(name), `${name} is there twice`)
      families.set(name, rest)
    }
    if (kind !== undefined) {
      current = name
      continue
    }
    const [, metric = "", labels = "", value = ""] = sample.exec(line) ?? assert.fail(`this is no sample: ${line}`)
    assert.strictEqual(familyOf(metric, families), current, line)
    assert.isFalse(samples.has(metric + labels), `${line} is there twice`)
    assert.isFalse(Number.isNaN(Number(value)), line)
    samples.set(metric + labels, Number(value))
  }
  return { families, samples }
}
