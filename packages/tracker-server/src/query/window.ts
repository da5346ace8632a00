import { canonicalInstant } from "@durable-effect/core"
import { DateTime, Effect } from "effect"
import { BadRequest } from "../api/errors.ts"
import { describeFault, identifierFault } from "../ingest/identifier.ts"
import { periodMs } from "./period.ts"

/** The instants from `from` (inclusive) to `until` (exclusive). */
export interface Window {
  readonly from: string
  readonly until: string
}

/** The earliest instant. */
const beginning = "0001-01-01T00:00:00.000000Z"

const instantAt = (epochMs: number): string =>
  canonicalInstant(DateTime.formatIso(DateTime.makeUnsafe(epochMs))) ?? beginning

/** The last `ms` milliseconds until now; without `ms`, the whole past. The future is never included. */
export const windowUntil = (nowMs: number, ms?: number): Window => ({
  from: ms === undefined ? beginning : instantAt(nowMs - ms),
  until: instantAt(nowMs + 1)
})

/** The requested period in milliseconds. */
export const askedPeriod = (period: string): Effect.Effect<number, BadRequest> => {
  const ms = periodMs(period)
  return ms === undefined
    ? Effect.fail(
      new BadRequest({ detail: "period is a number and a unit, m, h or d, from 1m to 400d: for example 7d." })
    )
    : Effect.succeed(ms)
}

/** The requested agent; an agent without tasks is valid too. */
export const askedAgent = (agentId: string): Effect.Effect<string, BadRequest> => {
  const fault = identifierFault(agentId)
  return fault === undefined
    ? Effect.succeed(agentId)
    : Effect.fail(new BadRequest({ detail: `agent_id ${describeFault(fault)}.` }))
}
