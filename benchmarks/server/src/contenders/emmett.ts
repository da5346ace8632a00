import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql"
import { randomUUID } from "node:crypto"
import { batchesOf } from "./batchesOf.ts"
import { neverRefused, type Open } from "./Writer.ts"

/** `appendToStream`: a batch is a new stream, which is one call and one transaction. */
export const emmett: Open = async ({ batch, databaseUrl, tapeFile }) => {
  const store = getPostgreSQLEventStore(databaseUrl)
  await store.schema.migrate()
  const next = batchesOf(tapeFile, batch, (data) => ({ type: data.type, data }))
  return {
    write: async () => {
      const events = next()
      await store.appendToStream(`batch-${randomUUID()}`, events)
      return events.length
    },
    refused: neverRefused,
    close: () => store.close()
  }
}
