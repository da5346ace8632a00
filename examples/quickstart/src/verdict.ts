import { Schema } from "effect"

/** What a licence asks of whoever uses a package. */
export const Verdict = Schema.Literals(["keep its notice", "share changes to it", "ask a lawyer", "read it yourself"])
export type Verdict = typeof Verdict.Type

const families: ReadonlyArray<readonly [RegExp, Verdict]> = [
  [/^(MIT|MIT-0|ISC|0BSD|Unlicense|CC0|Apache|BSD|BlueOak|Zlib|Python|PSF|CC-BY)\b(?!-SA|-NC)/, "keep its notice"],
  [/^(MPL|LGPL|EPL|CDDL)\b/, "share changes to it"],
  [/^(GPL|AGPL|SSPL|BUSL)\b/, "ask a lawyer"]
]

/** A verdict by the family of an SPDX identifier. What is more than one identifier, a person has to read. */
export const verdictOn = (licence: string): Verdict =>
  families.find(([family]) => family.test(licence) && !licence.includes(" "))?.[1] ?? "read it yourself"
