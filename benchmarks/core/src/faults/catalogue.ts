import { type Answer, comeBack, type Endpoint, problem, store } from "@durable-effect/test-support/endpoint"
import { Effect } from "effect"
import type { ContenderName } from "../contenders/index.ts"
import { markOf } from "../event.ts"
import type { Fault } from "./Fault.ts"

const defaults: ReadonlyArray<ContenderName> = [
  "ours-node",
  "ours-fetch",
  "opentelemetry",
  "posthog",
  "segment",
  "effect-otlp",
  "raw-node",
  "raw-fetch"
]

/** Where how much fits into a queue decides, those who have a bound run with a high one too. */
const raised: ReadonlyArray<ContenderName> = ["ours-raised", "opentelemetry-raised", "posthog-raised"]

const usual = {
  contenders: defaults,
  judged: ["ours-node", "ours-fetch"],
  atFault: 0,
  timeout: "3 minutes"
} satisfies Partial<Fault>

const queued = { ...usual, contenders: [...defaults, ...raised] } satisfies Partial<Fault>

/** These answers, one a request, over and over. */
const inTurn = (...answers: ReadonlyArray<Answer>) => (endpoint: Endpoint) =>
  endpoint.answerNext(...Array.from({ length: 1000 }, (_, index) => answers[index % answers.length] ?? store))

const everyNth = (count: number, events: number) =>
  Array.from({ length: count }, (_, index) => Math.floor((index + 0.5) * events / count))

/** Bytes above which requests are too large: more than any of these clients puts into one of its usual requests. */
const maxBytes = 600_000

/** The faults. A smoke run has a tenth of their length. */
export const faultCatalogue = (isSmoke: boolean): ReadonlyArray<Fault> => {
  const share = isSmoke ? 0.1 : 1
  const afterwards = (seconds: number, effect: Effect.Effect<void>) => Effect.delay(effect, seconds * share * 1000)
  const forAWhile = (answer: Answer) => (endpoint: Endpoint) =>
    afterwards(2, endpoint.answer({ otherwise: answer })).pipe(Effect.andThen(afterwards(5, endpoint.answer({}))))
  const poisoned = everyNth(10, 10_000 * share)
  return [
    {
      ...queued,
      name: "outage",
      title: "connections refused for 5 s",
      events: 10_000 * share,
      perSecond: 1000,
      play: (endpoint) => afterwards(2, endpoint.refuse()).pipe(Effect.andThen(afterwards(5, endpoint.accept())))
    },
    {
      ...queued,
      name: "503",
      title: "503, Retry-After: 1, for 5 s",
      events: 10_000 * share,
      perSecond: 1000,
      play: forAWhile(comeBack(503, { seconds: 1 }))
    },
    {
      ...queued,
      name: "429",
      title: "429, Retry-After: 1, for 5 s",
      events: 10_000 * share,
      perSecond: 1000,
      play: forAWhile(comeBack(429, { seconds: 1 }))
    },
    {
      ...queued,
      name: "stop",
      title: "graceful stop with 20,000 pending",
      events: 20_000 * share,
      perSecond: 0,
      judged: ["ours-raised"]
    },
    {
      ...usual,
      name: "reset",
      title: "every 3rd connection reset before the status line",
      events: 5000 * share,
      perSecond: 1000,
      prepare: inTurn(store, store, { kind: "reset" })
    },
    {
      ...usual,
      name: "resetBody",
      title: "every 3rd connection reset after the status line",
      events: 5000 * share,
      perSecond: 1000,
      prepare: inTurn(store, store, { kind: "breakBody" })
    },
    {
      ...usual,
      name: "slowBody",
      title: "every body takes 1 s",
      events: 3000 * share,
      perSecond: 300,
      prepare: (endpoint) => endpoint.answer({ otherwise: { kind: "trickleBody", everyMs: 500 } })
    },
    {
      ...usual,
      name: "endlessBody",
      title: "every 10th body never ends",
      events: 3000 * share,
      perSecond: 300,
      prepare: inTurn(store, store, store, store, { kind: "stallBody" }, store, store, store, store, store)
    },
    {
      ...usual,
      name: "poisoned",
      title: "400 to 10 of 10,000 events",
      events: 10_000 * share,
      perSecond: 2000,
      atFault: poisoned.length,
      prepare: (endpoint) => endpoint.answer({ poisoned: { ids: poisoned.map(markOf), answer: problem(400) } })
    },
    {
      ...usual,
      name: "413",
      title: "413 above 600 kB, 3 of 5,000 events larger",
      events: 5000 * share,
      perSecond: 1000,
      oversized: everyNth(3, 5000 * share),
      atFault: 3,
      prepare: (endpoint) => endpoint.answer({ maxBytes })
    }
  ]
}

/** A million events while the endpoint is down for a minute, with default bounds and with such that all fits into. */
export const minute = (isSmoke: boolean): Fault => {
  const seconds = isSmoke ? 1 : 60
  const events = isSmoke ? 20_000 : 1_000_000
  return {
    ...usual,
    name: "minute",
    title: `${events.toLocaleString("en")} events, endpoint down for ${seconds} s`,
    events,
    perSecond: Math.ceil(events / seconds),
    prepare: (endpoint) => endpoint.refuse(),
    play: (endpoint) => Effect.delay(endpoint.accept(), seconds * 1000),
    contenders: ["ours-node", "ours-patient"],
    judged: ["ours-patient"],
    timeout: "5 minutes"
  }
}
