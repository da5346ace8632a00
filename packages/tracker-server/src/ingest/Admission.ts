import { Clock, Context, Deferred, Duration, Effect, Exit, Layer, Schedule } from "effect"
import { TooManyRequests, Unavailable } from "../api/errors.ts"
import { inFlightBytes, inFlightLimit } from "../metrics/catalogue.ts"
import { observe } from "../metrics/observe.ts"
import { ByteBudget, type Place } from "./byteBudget.ts"

/**
 * Maximum bytes of decompressed request bodies being processed at once. An event takes about ten times its size in
 * memory on its way through. Default 24 MiB.
 */
export const IngestBudget = Context.Reference<number>("@durable-effect/tracker-server/IngestBudget", {
  defaultValue: () => 24 * 1024 * 1024
})

/** How long a request waits for capacity, its body unread in the socket, before it is rejected. */
const patience = Duration.seconds(2)
/** After this time an upload counts only with the bytes received so far, so that slow uploads keep nobody out. */
const swiftUploadMs = 1000
const lookAgain = Duration.millis(250)

const ownShare = new TooManyRequests({
  detail: "This key's tenant has too many bytes of events under way. Send this request again after Retry-After."
})
const allTaken = new Unavailable({
  detail: "The server has as many events under way as it can hold. Send this request again after Retry-After."
})

/** A request body being received. */
export interface Upload {
  /** Its expected size in bytes, as far as its head tells. */
  readonly bytes: number
  /** Bytes received so far. */
  readonly arrived: () => number
  /** Closes its connection; the sender will retry. */
  readonly cutOff: () => void
}

/** An admitted request. */
export interface Admitted {
  /**
   * Reports that the body has been received, and how many bytes the request may hold from now on. Waits if that exceeds
   * what was reserved for it, as for a slow upload that counted for less.
   */
  readonly hold: (bytes: number) => Effect.Effect<void, TooManyRequests | Unavailable>
  /** Releases bytes that turn out not to be needed. */
  readonly shrink: (bytes: number) => void
}

/**
 * Admits requests as long as the bytes they hold together fit the budget, and rejects them before memory grows: with
 * `TooManyRequests` if their tenant holds half of the budget or more, otherwise with `Unavailable`.
 */
export class Admission extends Context.Service<Admission, {
  readonly within: <A, E, R>(
    tenantId: string,
    upload: Upload,
    use: (admitted: Admitted) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | TooManyRequests | Unavailable, R>
}>()("@durable-effect/tracker-server/Admission") {}

export const layer: Layer.Layer<Admission> = Layer.effect(
  Admission,
  Effect.gen(function*() {
    const limit = yield* IngestBudget
    const clock = yield* Clock.Clock
    const budget = new ByteBudget(limit)
    yield* observe(inFlightBytes, () => budget.held)
    yield* observe(inFlightLimit, () => limit)
    const uploads = new Map<Upload, { readonly since: number; readonly place: Place }>()

    const countSlowUploads = Effect.sync(() => {
      const before = clock.currentTimeMillisUnsafe() - swiftUploadMs
      for (const [upload, { place, since }] of uploads) {
        if (since < before) place.resize(Math.min(upload.arrived(), upload.bytes))
      }
      // Slow uploads were admitted by what had been received, so together they may exceed the budget: the earliest are
      // cut off.
      for (const [upload, { place, since }] of uploads) {
        if (!budget.isExceeded) return
        if (since < before) {
          uploads.delete(upload)
          upload.cutOff()
          place.resize(0)
        }
      }
    })
    yield* Effect.forkScoped(Effect.repeat(countSlowUploads, Schedule.spaced(lookAgain)))

    const refusal = (tenantId: string) =>
      Effect.suspend((): Effect.Effect<never, TooManyRequests | Unavailable> =>
        Effect.fail(budget.heldBy(tenantId) * 2 >= limit ? ownShare : allTaken)
      )

    /** Reserves the bytes among a request's places, which release them at the end. */
    const enter = (tenantId: string, bytes: number, places: Array<Place>) =>
      Effect.suspend(() => {
        const admitted = Deferred.makeUnsafe<void>()
        const place = budget.enter(tenantId, bytes, () => Deferred.doneUnsafe(admitted, Exit.void))
        places.push(place)
        return place.isAdmitted ? Effect.succeed(place) : Effect.flatMap(
          Effect.timeoutOption(Deferred.await(admitted), patience),
          () => place.isAdmitted ? Effect.succeed(place) : refusal(tenantId)
        )
      })

    return {
      within: (tenantId, upload, use) =>
        Effect.suspend(() => {
          const places: Array<Place> = []
          const hold = (first: Place) => (bytes: number) => {
            uploads.delete(upload)
            const more = bytes - first.bytes
            return more <= 0 ? Effect.sync(() => first.resize(bytes)) : Effect.asVoid(enter(tenantId, more, places))
          }
          const shrink = (first: Place) => (bytes: number) => {
            for (const place of places) place.resize(place === first ? bytes : 0)
          }
          return Effect.flatMap(enter(tenantId, upload.bytes, places), (first) => {
            uploads.set(upload, { since: clock.currentTimeMillisUnsafe(), place: first })
            return use({ hold: hold(first), shrink: shrink(first) })
          }).pipe(Effect.ensuring(Effect.sync(() => {
            uploads.delete(upload)
            for (const place of places) place.leave()
          })))
        })
    }
  })
)
