import { setTimeout as sleep } from "node:timers/promises"
import type { Writer } from "../contenders/Writer.ts"

/** A writer that every connection is to use no oftener than once in so many milliseconds. */
export const paced = (writer: Writer, everyMs: number): Writer => {
  const due = new Map<number, number>()
  return {
    ...writer,
    write: async (connection) => {
      const next = due.get(connection) ?? performance.now() + Math.random() * everyMs
      await sleep(Math.max(0, next - performance.now()))
      // Who comes late does not catch up: that would be more than the pace.
      due.set(connection, Math.max(performance.now(), next) + everyMs)
      return await writer.write(connection)
    }
  }
}
