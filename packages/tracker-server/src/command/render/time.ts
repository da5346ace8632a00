const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** At most two units, larger first: `0.25 s`, `12 s`, `3 m 20 s`, `2 h 5 m`, `4 d 1 h`. */
export const duration = (seconds: number): string => {
  if (seconds < 1) return `${Number(seconds.toFixed(3))} s`
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  const units: ReadonlyArray<readonly [size: number, name: string]> = [[day, "d"], [hour, "h"], [minute, "m"], [1, "s"]]
  const first = units.findIndex(([size]) => whole >= size)
  let rest = whole
  return units.slice(first, first + 2).flatMap(([size, name]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [`${count} ${name}`]
  }).join(" ")
}

/** `2026-01-11 10:00:00Z`: to the second, in UTC. */
export const instant = (text: string): string => text.replace("T", " ").replace(/\.\d+/, "")

/** Seconds between two instants of a response. */
export const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000

/** `2026-01-11 10:00:00Z (3 m ago)` */
export const whenSeen = (text: string, nowMs: number): string => {
  const seconds = (nowMs - Date.parse(text)) / 1000
  return `${instant(text)} (${seconds >= 0 ? `${duration(seconds)} ago` : `in ${duration(-seconds)}`})`
}

export const durationOrNot = (seconds: number | null | undefined): string =>
  seconds === null || seconds === undefined ? "–" : duration(seconds)
