const unitMs = new Map([["m", 60_000], ["h", 3_600_000], ["d", 86_400_000]])
const maxMs = 400 * 86_400_000

/** The default of every `period`. */
export const defaultPeriod = "7d"

/** A period `<n>m`, `<n>h` or `<n>d` in milliseconds; `undefined` if it is invalid, or above 400 days. */
export const periodMs = (period: string): number | undefined => {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(period)
  const ms = Number(match?.[1]) * (unitMs.get(match?.[2] ?? "") ?? Number.NaN)
  return ms <= maxMs ? ms : undefined
}
