/** Microseconds between two canonical instants; 0 if clocks disagree about their order. */
export const microsecondsBetween = (from: string, to: string): number => {
  const millis = Date.parse(`${to.slice(0, 23)}Z`) - Date.parse(`${from.slice(0, 23)}Z`)
  return Math.max(0, millis * 1000 + Number(to.slice(23, 26)) - Number(from.slice(23, 26)))
}

/** Rounds to three decimal places: milliseconds of a duration, tenths of a percent of a rate. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000
