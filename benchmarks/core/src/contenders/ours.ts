import { createHttpBatchTracker, type HttpBatchTrackerConfig, nextEventId } from "@durable-effect/core"
import { Effect, Exit, Logger, Scope } from "effect"
import { origin } from "../event.ts"
import type { Client, Open } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

/** Our tracker, opened by hand so that it can be closed by hand; `config` on top of its defaults. */
export const ours = (config: Partial<HttpBatchTrackerConfig>): Open =>
  Effect.fnUntraced(function*(url) {
    const scope = yield* Scope.make()
    let warnings = 0
    const tracker = yield* createHttpBatchTracker({
      endpoint: `${url}/v1/events`,
      ...origin,
      ...config,
      onLoss: () => {
        warnings += 1
      }
    }).pipe(Scope.provide(scope), Effect.provide(Logger.layer([])), Effect.orDie)
    const loaded = new Loaded((event) => event)
    return {
      load: loaded.load,
      emit: { kind: "effect", at: (index) => tracker.emit(loaded.at(index)) },
      flush: tracker.flush(),
      close: Scope.close(scope, Exit.void),
      account: Effect.map(tracker.stats(), (stats) => ({
        toldLost: Object.values(stats.lost).reduce((sum, count) => sum + count, 0),
        toldDelivered: stats.delivered,
        toldEmitted: stats.emitted,
        warnings
      }))
    } satisfies Client
  })

/** The same, and each event gets its id and its instant in the measured time too, as startSpan of others makes them. */
export const oursMade = (config: Partial<HttpBatchTrackerConfig>): Open =>
  Effect.fnUntraced(function*(url) {
    const scope = yield* Scope.make()
    const tracker = yield* createHttpBatchTracker({ endpoint: `${url}/v1/events`, ...origin, ...config }).pipe(
      Scope.provide(scope),
      Effect.orDie
    )
    const loaded = new Loaded((event) => event)
    return {
      load: loaded.load,
      emit: {
        kind: "effect",
        at: (index) => Effect.flatMap(nextEventId, (made) => tracker.emit({ ...loaded.at(index), ...made }))
      },
      flush: tracker.flush(),
      close: Scope.close(scope, Exit.void),
      account: Effect.succeed({ toldLost: 0, warnings: 0 })
    } satisfies Client
  })
