import { Clock, Effect, Layer, Option, type Schema, Stream } from "effect"
import { FetchHttpClient, type HttpClientError } from "effect/http"
import { given } from "../cli/flags.ts"
import { type ClientError, type Page, pages, TrackerClient, withClientErrors } from "../client/index.ts"
import { Output } from "./Output.ts"
import type { View } from "./render/View.ts"
import { Complaint, complaintAbout, isNoId, type Subject, unknown } from "./sentence.ts"
import { type ClientSettings, readClientSettings } from "./settings.ts"

type Failure = ClientError | HttpClientError.HttpClientError | Schema.SchemaError

/** Options of every command. */
export interface Shared {
  readonly url: Option.Option<string>
  readonly "api-key": Option.Option<string>
  readonly "data-dir": Option.Option<string>
  readonly json: boolean
}

/** Runs an effect with a client for the configured server. */
export const withClient = <A, E, R>(
  flags: Shared,
  use: (settings: ClientSettings) => Effect.Effect<A, E, R | TrackerClient>
) =>
  Effect.flatMap(readClientSettings(given({ ...flags })), (settings) =>
    Effect.provide(
      use(settings),
      Layer.provide(
        TrackerClient.layer({ url: settings.url, apiKey: Option.getOrUndefined(settings.apiKey) }),
        FetchHttpClient.layer
      )
    ))

export const view = Effect.gen(function*() {
  const { hasColour, width } = yield* Output
  return { width: width(), hasColour, nowMs: yield* Clock.currentTimeMillis } satisfies View
})

/** Runs one query and prints its result: as JSON, or as lines for a person, for whom more may be asked. */
export const answer = <A>(
  flags: Shared,
  question: (client: TrackerClient["Service"]) => Effect.Effect<A, Failure>,
  lines: (
    answer: A,
    view: View
  ) => ReadonlyArray<string> | Effect.Effect<ReadonlyArray<string>, Failure, TrackerClient>,
  subject?: Subject
) =>
  withClient(flags, (settings) =>
    Effect.gen(function*() {
      if (subject !== undefined && isNoId(subject.id)) return yield* Effect.fail(new Complaint(unknown(subject)))
      const text = Effect.gen(function*() {
        const answer = yield* question(yield* TrackerClient)
        if (flags.json) return JSON.stringify(answer)
        const shown = lines(answer, yield* view)
        return (Effect.isEffect(shown) ? yield* shown : shown).join("\n")
      })
      const { print } = yield* Output
      yield* print(`${yield* text.pipe(
        withClientErrors(settings.url),
        Effect.mapError((error) => complaintAbout(error, settings, subject))
      )}\n`)
    }))

/** All pages of a list, at the maximum page size. */
export const allPages = <P extends Page, E, R>(
  ask: (page: { readonly limit: string; readonly cursor?: string }) => Effect.Effect<P, E, R>
): Effect.Effect<readonly [P, ...ReadonlyArray<P>], E, R> =>
  Effect.gen(function*() {
    const limit = "500"
    const first = yield* ask({ limit })
    if (first.next_cursor === undefined) return [first]
    const rest = pages((from) => ask({ limit, ...from }), { cursor: first.next_cursor })
    return [first, ...yield* Stream.runCollect(rest)]
  })
