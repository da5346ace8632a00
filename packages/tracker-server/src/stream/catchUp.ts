import { Effect, Option, Stream } from "effect"
import { Buffer } from "node:buffer"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { FeedStart, TimelineFeed } from "../storage/TimelineFeed.ts"
import { heartbeat, resetMessage, trackingMessage } from "./messages.ts"
import type { Reader } from "./Reader.ts"
import type { Tail } from "./Tail.ts"

type Place = Pick<FeedStart, "position" | "mark">
type Step = readonly [ReadonlyArray<Buffer>, Option.Option<Place>]

/**
 * What a reader has missed, page by page on demand, until it has joined the tail and receives new events. Fails if the
 * first page cannot be read. If a later one cannot, the stream ends: its reader reconnects, and is then told why.
 */
export const catchUp = (
  { feed, reader, tail }: { readonly feed: TimelineFeed["Service"]; readonly tail: Tail; readonly reader: Reader },
  start: Place
): Effect.Effect<Stream.Stream<Buffer>, StoreUnavailable> => {
  const { tenantId } = tail
  const { plan } = reader.options
  const step = Effect.fnUntraced(function*({ mark, position }: Place) {
    reader.noteTaken()
    if (reader.isEnded) return [[], Option.none()] satisfies Step
    const page = yield* feed.page(tenantId, position, plan === null ? null : [plan])
    // Check only now: events dropped before the page was read are not in it.
    const check = yield* feed.start(tenantId, position)
    if (check.isReset && check.mark !== mark) {
      return [[resetMessage(check.position)], Option.some(check)] satisfies Step
    }
    const messages = page.events.map(trackingMessage)
    // Signals progress during a long search, which then need not start over if it is cut off.
    if (messages.length === 0 && page.hasMore) messages.push(heartbeat(page.next))
    const bytes = messages.length === 0 ? [] : [Buffer.concat(messages)]
    const isThere = !page.hasMore && (yield* tail.join(reader, page.next))
    return [bytes, isThere ? Option.none() : Option.some({ position: page.next, mark })] satisfies Step
  })
  const end = Effect.sync((): Step => {
    reader.end()
    return [[], Option.none()]
  })
  const stepOrEnd = (place: Place): Effect.Effect<Step> =>
    step(place).pipe(
      Effect.catch((error) => Effect.andThen(Effect.logWarning("A stream ends: the store is away", error), end)),
      Effect.catchDefect((defect) => Effect.andThen(Effect.logError("A stream ends: reading on fails", defect), end))
    )
  return Effect.map(step(start), ([bytes, next]) => {
    const first = Stream.fromIterable(bytes)
    return Option.isNone(next) ? first : Stream.concat(first, Stream.paginate(next.value, stepOrEnd))
  })
}
