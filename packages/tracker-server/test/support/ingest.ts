import { Effect } from "effect"
import { decode } from "../../src/ingest/decode.ts"
import { ingestDecoded } from "../../src/ingest/ingest.ts"

/** Ingests values that are not decoded yet, as a transport does. */
export const ingest = (
  tenantId: string,
  values: ReadonlyArray<unknown>,
  sender: Parameters<typeof ingestDecoded>[2] = {}
) => Effect.suspend(() => ingestDecoded(tenantId, values.map(decode), sender))
