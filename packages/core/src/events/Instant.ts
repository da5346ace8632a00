import { Schema } from "effect"

const pattern = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** Fast path for the format emitters write, on any day except 29 February. Every event has at least one instant. */
const usual =
  /^(?!0000)\d{4}-(?:(?:0[13578]|1[02])-31|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

/**
 * Parses an RFC 3339 instant with a zone and returns it in UTC with exactly six decimals
 * (`2026-01-11T10:00:00.000000Z`), so that instants compare correctly as strings. Further digits are truncated. Returns
 * `undefined` for anything that is not a real instant in the years 0001 to 9999: 30 February, second 60, a missing
 * zone, `now`, epoch numbers.
 */
export const canonicalInstant = (text: string): string | undefined => {
  if (text.length === 24 && usual.test(text)) return `${text.slice(0, 23)}000Z`
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHour, zoneMinute] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(zoneHour ?? 0) > 23 || Number(zoneMinute ?? 0) > 59) return undefined
  const local = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  // `Date` rolls 30 February over to March: if the day changed, the date does not exist.
  if (Number.isNaN(local.getTime()) || local.getUTCDate() !== Number(day)) return undefined
  const offset = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * (sign === "-" ? -60_000 : 60_000)
  const utc = new Date(local.getTime() - offset)
  if (utc.getUTCFullYear() < 1 || utc.getUTCFullYear() > 9999) return undefined
  return `${utc.toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, "0")}Z`
}

/** Only for generating values: almost every match is a valid instant, so few have to be discarded. */
const mostlyValid =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d)$/
    .source

/** A point in time on the wire: RFC 3339 with a zone. Emitters write UTC milliseconds: `2026-01-11T10:00:00.000Z`. */
export const Instant = Schema.String.check(
  Schema.makeFilter((text: string) => canonicalInstant(text) !== undefined, {
    expected: "an RFC 3339 instant with a zone, such as 2026-01-11T10:00:00.000Z",
    toJsonSchema: () => ({ format: "date-time" }),
    arbitraryConstraint: { patterns: [{ source: mostlyValid, flags: "" }] }
  })
)
