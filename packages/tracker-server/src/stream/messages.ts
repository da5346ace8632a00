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

/** The first words: a reader that is cut off before its first event comes back to here. */
export const opening = (position: StreamPosition): Buffer =>
  Buffer.from(`: tracking\nid: ${formatPosition(position)}\n\n`)

/** The last words: when to come again, in milliseconds. Only now, since to some readers they are the end of a stream. */
export const farewell = Buffer.from("retry: 1000\n\n")

/** Nothing happened; an id without data moves a reader on without an event. */
export const heartbeat = (position: StreamPosition): Buffer =>
  Buffer.from(`: alive\nid: ${formatPosition(position)}\n\n`)
