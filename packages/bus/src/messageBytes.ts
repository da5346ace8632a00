import type { Message } from "./EventBus.ts"

/** What a message takes, headers included: it may have as much in them as in its body. */
export const messageBytes = ({ body, headers }: Message): number => {
  let bytes = body.length
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length
  return bytes
}
