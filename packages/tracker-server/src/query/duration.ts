/** Microseconds from one canonical instant to another; 0 when clocks disagree about which came first. */
export const microsecondsBetween = (from: string, to: string): number => {
  const millis = Date.parse(`${to.slice(0, 23)}Z`) - Date.parse(`${from.slice(0, 23)}Z`)
  return Math.max(0, millis * 1000 + Number(to.slice(23, 26)) - Number(from.slice(23, 26)))
}

/** Three places: milliseconds of a duration, tenths of a percent of a rate. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000
