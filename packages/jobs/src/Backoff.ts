import type { Duration } from "effect"
import { durationOption } from "./durationOption.ts"

/** How the delay before a retry grows. `retry` counts from 1: the delay before the second attempt. */
export interface Backoff {
  readonly _tag: "Backoff"
  readonly delayMs: (retry: number) => number
}

export interface GrowthOptions {
  /** The first delay. */
  readonly base: Duration.Input
  /** The longest delay. Default: no limit. */
  readonly max?: Duration.Input
}

const growing = (options: GrowthOptions, grow: (baseMs: number, retry: number) => number): Backoff => {
  const baseMs = durationOption("Backoff base", options.base)
  const maxMs = options.max === undefined ? Number.MAX_SAFE_INTEGER : durationOption("Backoff max", options.max)
  return { _tag: "Backoff", delayMs: (retry) => Math.min(maxMs, grow(baseMs, retry)) }
}

export const Backoff = {
  /** The same delay each time. */
  fixed: (delay: Duration.Input): Backoff => {
    const delayMs = durationOption("Backoff delay", delay)
    return { _tag: "Backoff", delayMs: () => delayMs }
  },
  /** base, 2 × base, 3 × base … up to max. */
  linear: (options: GrowthOptions): Backoff => growing(options, (baseMs, retry) => baseMs * retry),
  /** base, factor × base, factor² × base … up to max. Default factor: 2. */
  exponential: (options: GrowthOptions & { readonly factor?: number }): Backoff =>
    growing(options, (baseMs, retry) => baseMs * (options.factor ?? 2) ** (retry - 1))
}
