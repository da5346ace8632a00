import { Effect } from "effect"
import type { Client } from "../contenders/Client.ts"
import { type ContenderName, contenders } from "../contenders/index.ts"

/** Opens a contender; loads its library and no other. */
export const openClient = Effect.fnUntraced(function*(name: ContenderName, url: string) {
  const open = yield* Effect.promise(contenders[name].open)
  return yield* open(url)
})

/** Runs an emitter as the client needs it. */
export const around = <A, E, R>(client: Client, emitter: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  client.around === undefined ? emitter : client.around(emitter)
