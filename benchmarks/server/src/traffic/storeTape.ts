import { Effect } from "effect"
import { readTape } from "./Tape.ts"

/** Sends a tape to a server as it is, in batches, each after the answer to the last. */
export const storeTape = Effect.fnUntraced(function*(tapeFile: string, url: string, apiKey: string, batch = 100) {
  const tape = readTape(tapeFile)
  for (let from = 0; from < tape.length; from += batch) {
    const events = tape.slice(from, from + batch)
    const [status, body] = yield* Effect.promise(async () => {
      const answer = await fetch(`${url}/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
        body: `{"events":[${events.join(",")}]}`
      })
      return [answer.status, await answer.text()]
    })
    if (status !== 200 || !String(body).includes(`"accepted":${events.length}`)) {
      return yield* Effect.die(new Error(`the server did not take the tape: ${status} ${body}`))
    }
  }
})
