import { Effect, type Scope } from "effect"
import type { Answer, Rules } from "./Answer.ts"
import type { Arrival, EndpointOptions, Input, Operation, ReceivedEvent, Totals } from "./Control.ts"
import { endpointProcess } from "./EndpointProcess.ts"
import { eventsOf } from "./read.ts"

/** A request as it arrived: decompressed, and parsed if it is JSON. */
export interface ReceivedRequest extends Arrival {
  /** Its events; none if the body is not a batch. */
  readonly events: ReadonlyArray<ReceivedEvent>
}

/**
 * An HTTP endpoint for tests, in a process of its own, which stores events like tracker-server and misbehaves on
 * demand. Every effect here is a round trip to that process: its reply includes every response a client has seen, and
 * its rules apply to every later request.
 */
export interface Endpoint {
  /** `http://127.0.0.1:<port>/v1/events` */
  readonly url: string
  /** Sets how requests are handled from now on. Initially all are stored. */
  readonly answer: (rules: Rules) => Effect.Effect<void>
  /** Sets the answers to the next requests, one each, whatever the rules say. */
  readonly answerNext: (...answers: ReadonlyArray<Answer>) => Effect.Effect<void>
  /** Releases the requests held at this moment. */
  readonly release: () => Effect.Effect<void>
  /** Resets all connections and refuses new ones. */
  readonly refuse: () => Effect.Effect<void>
  /** Accepts connections again, at the same URL. */
  readonly accept: () => Effect.Effect<void>
  /** All requests so far, in order of arrival. */
  readonly requests: () => Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** All stored events, each once, in the order in which they were stored. */
  readonly stored: () => Effect.Effect<ReadonlyArray<ReceivedEvent>>
  readonly totals: () => Effect.Effect<Totals>
  /** Maximum number of concurrent requests without a complete response. */
  readonly mostAtOnce: () => Effect.Effect<number>
  /** Resolves once this many requests have arrived. */
  readonly awaitRequests: (count: number) => Effect.Effect<ReadonlyArray<ReceivedRequest>>
  /** Resolves once this many events are stored. */
  readonly awaitStored: (count: number) => Effect.Effect<ReadonlyArray<ReceivedEvent>>
}

const withEvents = (arrivals: ReadonlyArray<Arrival>): ReadonlyArray<ReceivedRequest> =>
  arrivals.map((arrival) => ({ ...arrival, events: eventsOf(arrival.body) }))

let newest = 0

/** Starts an endpoint on a free port of 127.0.0.1; it stops with the scope. */
export const startEndpoint = Effect.fnUntraced(function*(
  options: EndpointOptions = {}
): Effect.fn.Return<Endpoint, never, Scope.Scope> {
  const other = yield* endpointProcess
  const key = ++newest
  const ask = <O extends Operation>(operation: O, ...input: Input<O>) => other.ask(key, operation, ...input)
  const port = yield* Effect.acquireRelease(ask("open", options), () => ask("close"))
  return {
    url: `http://127.0.0.1:${port}/v1/events`,
    answer: (rules) => Effect.asVoid(ask("answer", rules)),
    answerNext: (...answers) => Effect.asVoid(ask("answerNext", answers)),
    release: () => Effect.asVoid(ask("release")),
    refuse: () => Effect.asVoid(ask("refuse")),
    accept: () => Effect.asVoid(ask("accept")),
    requests: () => Effect.map(ask("requests"), withEvents),
    stored: () => ask("stored"),
    totals: () => ask("totals"),
    mostAtOnce: () => ask("mostAtOnce"),
    awaitRequests: (count) => Effect.map(ask("awaitRequests", count), withEvents),
    awaitStored: (count) => ask("awaitStored", count)
  }
})
