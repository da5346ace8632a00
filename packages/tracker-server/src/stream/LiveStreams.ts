import { Clock, Context, Effect, Layer, Option, RcRef, Redacted, Schedule, type Scope, Semaphore, Stream } from "effect"
import { Buffer } from "node:buffer"
import type { Principal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { Drain } from "../http/Drain.ts"
import { RecentKeys } from "../identity/RecentKeys.ts"
import { streamReaders, streamReadersCut } from "../metrics/catalogue.ts"
import { metricContext, observe } from "../metrics/observe.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { TimelineFeed } from "../storage/TimelineFeed.ts"
import { catchUp } from "./catchUp.ts"
import { heartbeat, opening, resetMessage } from "./messages.ts"
import { isBefore, type StreamPosition } from "./position.ts"
import { Reader } from "./Reader.ts"
import { StreamSettings } from "./StreamSettings.ts"
import { Tails } from "./Tails.ts"
import { Wakeups } from "./Wakeups.ts"

export interface StreamRequest {
  readonly principal: Principal
  /** The reader's API key. */
  readonly secret: Redacted.Redacted
  /** The plan or job instance it watches; null for all. */
  readonly plan: string | null
  /** The position to resume from; null to start now. */
  readonly from: StreamPosition | null
  /** Closes its connection. */
  readonly cutOff: () => void
}

/** The stream readers of this server, each with a stream of messages that does not end by itself. */
export class LiveStreams extends Context.Service<LiveStreams, {
  /**
   * The stream lives as long as the scope. Fails before the stream begins; a stream that cannot continue just ends, and
   * its reader reconnects.
   */
  readonly open: (
    request: StreamRequest
  ) => Effect.Effect<Stream.Stream<Buffer>, StoreUnavailable | Unavailable, Scope.Scope>
  /** Number of current readers. */
  readonly readers: () => number
}>()("@durable-effect/tracker-server/LiveStreams") {}

/** Concurrent store reads for streams: the other connections are for ingest and queries. */
const maxReads = 2

/** How long a reader has to receive queued messages when the server stops. */
const farewell = "1 second"

const tooMany = new Unavailable({ detail: "This server has as many readers as it can serve. Try again later." })

export const layer = Layer.effect(
  LiveStreams,
  Effect.gen(function*() {
    const settings = yield* StreamSettings
    const clock = yield* Clock.Clock
    const { find } = yield* RecentKeys
    const { stopping } = yield* Drain
    const wakeups = yield* Wakeups
    const stored = yield* TimelineFeed
    const reads = yield* Semaphore.make(maxReads)
    const feed: TimelineFeed["Service"] = {
      start: (tenantId, from) => reads.withPermits(1)(stored.start(tenantId, from)),
      page: (tenantId, from, plans) => reads.withPermits(1)(stored.page(tenantId, from, plans))
    }
    const metrics = yield* metricContext
    streamReadersCut.updateUnsafe(0, metrics)
    const readers = new Set<Reader>()
    yield* observe(streamReaders, () => readers.size)
    const tails = new Tails(feed, settings)
    const hints = yield* RcRef.make({
      acquire: wakeups.listen((tenantId) => tails.wake(tenantId)),
      idleTimeToLive: "10 seconds"
    })

    const tend = Effect.sync(() => {
      for (const reader of readers) {
        const tail = tails.find(reader.options.principal.tenantId)
        if (reader.isStalled(settings.patienceMs)) reader.drop()
        else if (reader.isLive && reader.isIdle && tail !== undefined) {
          reader.send(heartbeat(isBefore(tail.frontier, reader.from) ? reader.from : tail.frontier))
        }
      }
    })
    /** A failed lookup is repeated next time, for whatever reason it failed; requests report the failure. */
    const checkKeys = Effect.suspend(() => {
      const bySecret = Map.groupBy(readers, ({ options }) => Redacted.value(options.secret))
      return Effect.forEach(bySecret, ([secret, ofKey]) =>
        Effect.map(find(Redacted.make(secret)), (principal) => {
          if (Option.isNone(principal)) ofKey.forEach((reader) => reader.end())
        }).pipe(Effect.ignoreCause), { discard: true })
    })
    const sayGoodbye = Effect.sync(() => readers.forEach((reader) => reader.end())).pipe(
      Effect.andThen(Effect.sleep(farewell)),
      Effect.andThen(Effect.sync(() => readers.forEach((reader) => reader.drop())))
    )
    yield* Effect.forkScoped(Effect.repeat(tend, Schedule.spaced(settings.heartbeatMs)))
    yield* Effect.forkScoped(Effect.repeat(checkKeys, Schedule.spaced(settings.keyCheckMs)))
    yield* Effect.forkScoped(Effect.andThen(stopping, sayGoodbye))

    const enter = ({ cutOff, plan, principal, secret }: StreamRequest) =>
      Effect.acquireRelease(
        Effect.map(
          Reader.make({
            principal,
            secret,
            plan,
            cutOff: () => {
              streamReadersCut.updateUnsafe(1, metrics)
              cutOff()
            },
            maxWaitingBytes: settings.maxWaitingBytes,
            nowMs: () => clock.currentTimeMillisUnsafe()
          }),
          (reader) => {
            readers.add(reader)
            return reader
          }
        ),
        (reader) => Effect.sync(() => readers.delete(reader))
      )

    return {
      readers: () => readers.size,
      open: Effect.fnUntraced(function*(request: StreamRequest) {
        if (readers.size >= settings.maxReaders) return yield* tooMany
        const { tenantId } = request.principal
        const start = yield* feed.start(tenantId, request.from)
        const { isReset, position } = start
        yield* RcRef.get(hints)
        const reader = yield* enter(request)
        const tail = yield* tails.enter(tenantId, reader)
        const first = Stream.make(
          isReset ? Buffer.concat([opening(position), resetMessage(position)]) : opening(position)
        )
        // A reader that starts now has usually missed nothing: a thousand arriving at once need not read a page each.
        const isThere = request.from === null && (yield* tail.join(reader, position))
        const missed = isThere ? Stream.empty : yield* catchUp({ feed, tail, reader }, start)
        return first.pipe(Stream.concat(missed), Stream.concat(reader.messages))
      })
    }
  })
)
