import { Buffer } from "node:buffer"
import { timelineView } from "../query/timelineView.ts"
import type { FeedEvent } from "../storage/TimelineFeed.ts"
import { formatPosition, type StreamPosition } from "./position.ts"

const message = (event: string, position: StreamPosition, data: unknown): Buffer =>
  Buffer.from(`event: ${event}\nid: ${formatPosition(position)}\ndata: ${JSON.stringify(data)}\n\n`)

/** An event as its readers get it. */
export const trackingMessage = ({ plan, position, row }: FeedEvent): Buffer =>
  message("tracking", position, { plan_id: plan?.planId ?? null, ...timelineView(row, plan) })

/** Says that events may be missing, and from where on the stream goes on. */
export const resetMessage = (position: StreamPosition): Buffer =>
  message("reset", position, { oldest_position: formatPosition(position) })

/** Milliseconds after which a reader that was cut off shall come again. */
const retryMs = 1_000

/** The first words: a reader that is cut off before its first event comes back to here. */
export const opening = (position: StreamPosition): Buffer =>
  Buffer.from(`retry: ${retryMs}\n: tracking\nid: ${formatPosition(position)}\n\n`)

/** Nothing happened; an id without data moves a reader on without an event. */
export const heartbeat = (position: StreamPosition): Buffer =>
  Buffer.from(`: alive\nid: ${formatPosition(position)}\n\n`)
