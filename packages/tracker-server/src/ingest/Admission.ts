import { Context, Deferred, Duration, Effect, Exit, Layer } from "effect"
import { TooManyRequests, Unavailable } from "../api/errors.ts"
import { ByteBudget, type Place } from "./byteBudget.ts"

/**
 * Bytes of request bodies, decompressed, that are worked on at once. An event takes some ten times its size on its way
 * through. Default 24 MiB.
 */
export const IngestBudget = Context.Reference<number>("@durable-effect/tracker-server/IngestBudget", {
  defaultValue: () => 24 * 1024 * 1024
})

/** How long a request waits for room, its body unread in the socket, before it is turned away. */
const patience = Duration.seconds(2)

const ownShare = new TooManyRequests({
  detail: "This key's tenant has too many bytes of events under way. Send this request again after Retry-After."
})
const allTaken = new Unavailable({
  detail: "The server has as many events under way as it can hold. Send this request again after Retry-After."
})

/**
 * Lets requests in as long as what they hold together fits the budget, and turns them away before memory grows: with
 * `TooManyRequests` a tenant that holds half of it or more, with `Unavailable` the others.
 */
export class Admission extends Context.Service<Admission, {
  /** `bytes` is what the request will hold, as far as that is known; `use` may correct it by `resize`. */
  readonly within: <A, E, R>(
    tenantId: string,
    bytes: number,
    use: (place: Pick<Place, "resize">) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | TooManyRequests | Unavailable, R>
}>()("@durable-effect/tracker-server/Admission") {}

export const layer: Layer.Layer<Admission> = Layer.effect(
  Admission,
  Effect.map(IngestBudget, (limit) => {
    const budget = new ByteBudget(limit)
    const refusal = (tenantId: string) =>
      Effect.suspend((): Effect.Effect<never, TooManyRequests | Unavailable> =>
        Effect.fail(budget.heldBy(tenantId) * 2 >= limit ? ownShare : allTaken)
      )
    return {
      within: <A, E, R>(
        tenantId: string,
        bytes: number,
        use: (place: Pick<Place, "resize">) => Effect.Effect<A, E, R>
      ): Effect.Effect<A, E | TooManyRequests | Unavailable, R> =>
        Effect.suspend(() => {
          const admitted = Deferred.makeUnsafe<void>()
          const place = budget.enter(tenantId, bytes, () => Deferred.doneUnsafe(admitted, Exit.void))
          const used = Effect.suspend(() => use(place))
          const answer: Effect.Effect<A, E | TooManyRequests | Unavailable, R> = place.isAdmitted
            ? used
            : Effect.flatMap(
              Effect.timeoutOption(Deferred.await(admitted), patience),
              (): Effect.Effect<A, E | TooManyRequests | Unavailable, R> => place.isAdmitted ? used : refusal(tenantId)
            )
          return Effect.ensuring(answer, Effect.sync(() => place.leave()))
        })
    }
  })
)
