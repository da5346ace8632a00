import { canonicalInstant } from "@durable-effect/core"
import { DateTime, Effect } from "effect"
import { BadRequest } from "../api/errors.ts"
import { describeFault, identifierFault } from "../ingest/identifier.ts"
import { periodMs } from "./period.ts"

/** Instants from `from` on and before `until`. */
export interface Window {
  readonly from: string
  readonly until: string
}

/** The first instant there is. */
const beginning = "0001-01-01T00:00:00.000000Z"

const instantAt = (epochMs: number): string =>
  canonicalInstant(DateTime.formatIso(DateTime.makeUnsafe(epochMs))) ?? beginning

/** So many milliseconds until now; without a number all that has been. What lies in the future is never within. */
export const windowUntil = (nowMs: number, ms?: number): Window => ({
  from: ms === undefined ? beginning : instantAt(nowMs - ms),
  until: instantAt(nowMs + 1)
})

/** Milliseconds of a period that was asked for. */
export const askedPeriod = (period: string): Effect.Effect<number, BadRequest> => {
  const ms = periodMs(period)
  return ms === undefined
    ? Effect.fail(
      new BadRequest({ detail: "period is a number and a unit, m, h or d, from 1m to 400d: for example 7d." })
    )
    : Effect.succeed(ms)
}

/** An agent that was asked for; one that has no tasks is an agent too. */
export const askedAgent = (agentId: string): Effect.Effect<string, BadRequest> => {
  const fault = identifierFault(agentId)
  return fault === undefined
    ? Effect.succeed(agentId)
    : Effect.fail(new BadRequest({ detail: `agent_id ${describeFault(fault)}.` }))
}
