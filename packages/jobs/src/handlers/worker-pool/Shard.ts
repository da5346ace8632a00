import type { Definition } from "./itemRuns.ts"

/** One shard of a pool. */
export interface Shard {
  readonly name: string
  readonly definition: Definition
  readonly index: number
}

export const shardIdOf = (name: string, index: number): string => `workerPool:${name}:${index}`

export const shardsOf = (name: string, definition: Definition): ReadonlyArray<Shard> =>
  Array.from({ length: definition.shards }, (_, index) => ({ name, definition, index }))
