import type { Message } from "./EventBus.ts"

/** Size of a message in bytes, headers included: they may be as large as the body. */
export const messageBytes = ({ body, headers }: Message): number => {
  let bytes = body.length
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length
  return bytes
}
