import { Effect, Option, Stream } from "effect"
import { Buffer } from "node:buffer"
import type { FeedStart, TimelineFeed } from "../storage/TimelineFeed.ts"
import { heartbeat, resetMessage, trackingMessage } from "./messages.ts"
import type { Reader } from "./Reader.ts"
import type { Tail } from "./Tail.ts"

type Place = Pick<FeedStart, "position" | "mark">
type Step = readonly [ReadonlyArray<Buffer>, Option.Option<Place>]

/**
 * What a reader has missed, a page each time that it asks, until it has joined the tail; then what comes is sent to it.
 * Where the store goes away its stream is over: it comes again.
 */
export const catchUp = (
  { feed, reader, tail }: { readonly feed: TimelineFeed["Service"]; readonly tail: Tail; readonly reader: Reader },
  start: Place
): Stream.Stream<Buffer> => {
  const { tenantId } = tail
  const { plan } = reader.options
  const step = Effect.fnUntraced(function*({ mark, position }: Place) {
    reader.noteTaken()
    if (reader.isEnded) return [[], Option.none()] satisfies Step
    const page = yield* feed.page(tenantId, position, plan === null ? null : [plan])
    // Only now: what was dropped before the page was read is not in it.
    const check = yield* feed.start(tenantId, position)
    if (check.isReset && check.mark !== mark) {
      return [[resetMessage(check.position)], Option.some(check)] satisfies Step
    }
    const messages = page.events.map(trackingMessage)
    // A long search shows that it goes on, and does not begin anew when it is cut off.
    if (messages.length === 0 && page.hasMore) messages.push(heartbeat(page.next))
    const bytes = messages.length === 0 ? [] : [Buffer.concat(messages)]
    const isThere = !page.hasMore && (yield* tail.join(reader, page.next))
    return [bytes, isThere ? Option.none() : Option.some({ position: page.next, mark })] satisfies Step
  })
  return Stream.paginate(start, (place: Place) => Effect.map(step(place), (next): Step => next)).pipe(
    Stream.catch((error) =>
      Stream.unwrap(Effect.as(
        Effect.andThen(Effect.sync(() => reader.end()), Effect.logWarning("A stream ends: the store is away", error)),
        Stream.empty
      ))
    )
  )
}
