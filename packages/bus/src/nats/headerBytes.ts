import { type Msg, MsgImpl } from "@nats-io/transport-node"

const none = new Uint8Array()

const asBlock = (headers: Iterable<[string, ReadonlyArray<string>]>): string =>
  ["NATS/1.0", ...Array.from(headers, ([name, [value = ""]]) => `${name}: ${value}`), "", ""].join("\r\n")

/**
 * The header block of a message as it came. The client's own reading of it loses what is not UTF-8, and it offers only
 * the bytes of the body, so this looks inside its messages; they look as they do in the one version that we depend on.
 */
export const headerBytes = (message: Pick<Msg, "headers">): Uint8Array => {
  if (message instanceof MsgImpl) {
    const { _msg: { hdr }, _rdata: bytes } = message
    if (Number.isInteger(hdr) && bytes instanceof Uint8Array) return hdr > 0 ? bytes.subarray(0, hdr) : none
  }
  // Of any other message, what the client has read.
  return message.headers === undefined ? none : new TextEncoder().encode(asBlock(message.headers))
}
