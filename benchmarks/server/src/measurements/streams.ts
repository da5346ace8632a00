import { Effect } from "effect"
import { contenderOf } from "../contenders/index.ts"
import type { JobOf } from "../Job.ts"
import { countStored } from "./countStored.ts"
import { measureIngest } from "./ingest.ts"
import { StreamReader } from "./StreamReader.ts"

/** Streams that are opened at once: a server is not met by all of its readers in one moment. */
const together = 50

const openReaders = ({ readers, server, watchers }: JobOf<"Streams">) =>
  Effect.acquireRelease(
    Effect.forEach(
      [
        ...Array.from({ length: watchers }, (_, nth) => `watched-${nth}`),
        ...Array.from({ length: readers }, () => null)
      ],
      (plan) => Effect.promise(() => StreamReader.open(server?.url ?? "", server?.apiKey ?? "", plan)),
      { concurrency: together }
    ),
    (all) => Effect.sync(() => all.forEach((reader) => reader.close()))
  )

/** What taking events in costs while others read the stream. Who reads everything has to get everything. */
export const measureStreams = Effect.fnUntraced(function*(job: JobOf<"Streams">) {
  const { count } = contenderOf(job.contender)
  const before = yield* countStored(job.databaseUrl, count)
  const all = yield* openReaders(job)
  const numbers = yield* measureIngest({ ...job, _tag: "Ingest" })
  const stored = (yield* countStored(job.databaseUrl, count)) - before
  const ofAll = all.slice(job.watchers)
  yield* Effect.repeat(Effect.sleep("20 millis"), {
    until: () => ofAll.every(({ events, isCut }) => isCut || events >= stored)
  })
  return { ...numbers, readersCut: all.filter(({ isCut }) => isCut).length }
})
