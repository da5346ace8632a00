import { Buffer } from "node:buffer"
import { timelineView } from "../query/timelineView.ts"
import type { FeedEvent } from "../storage/TimelineFeed.ts"
import { formatPosition, type StreamPosition } from "./position.ts"

const message = (event: string, position: StreamPosition, data: unknown): Buffer =>
  Buffer.from(`event: ${event}\nid: ${formatPosition(position)}\ndata: ${JSON.stringify(data)}\n\n`)

/** An event in its wire form. */
export const trackingMessage = ({ plan, position, row }: FeedEvent): Buffer =>
  message("tracking", position, { plan_id: plan?.planId ?? null, ...timelineView(row, plan) })

/** Announces that events may be missing, and where the stream continues. */
export const resetMessage = (position: StreamPosition): Buffer =>
  message("reset", position, { oldest_position: formatPosition(position) })

/** The first message: a reader that is cut off before its first event resumes here. */
export const opening = (position: StreamPosition): Buffer =>
  Buffer.from(`: tracking\nid: ${formatPosition(position)}\n\n`)

/**
 * The last message: when to reconnect, in milliseconds. Sent only at the end, since some readers take it for the end of
 * the stream.
 */
export const farewell = Buffer.from("retry: 1000\n\n")

/** Sent when nothing happened; an id without data advances a reader without an event. */
export const heartbeat = (position: StreamPosition): Buffer =>
  Buffer.from(`: alive\nid: ${formatPosition(position)}\n\n`)
