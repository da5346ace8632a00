import { type Msg, MsgImpl } from "@nats-io/transport-node"

const none = new Uint8Array()

const asBlock = (headers: Iterable<[string, ReadonlyArray<string>]>): string =>
  ["NATS/1.0", ...Array.from(headers, ([name, [value = ""]]) => `${name}: ${value}`), "", ""].join("\r\n")

/**
 * The raw header block of a message. The client's own parsing loses what is not UTF-8, and it exposes only the body's
 * bytes, so this accesses its message internals, which hold for the one version that we depend on.
 */
export const headerBytes = (message: Pick<Msg, "headers">): Uint8Array => {
  if (message instanceof MsgImpl) {
    const { _msg: { hdr }, _rdata: bytes } = message
    if (Number.isInteger(hdr) && bytes instanceof Uint8Array) return hdr > 0 ? bytes.subarray(0, hdr) : none
  }
  // For any other message, what the client has parsed.
  return message.headers === undefined ? none : new TextEncoder().encode(asBlock(message.headers))
}
