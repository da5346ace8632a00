import type { HeaderDamage, Message } from "../EventBus.ts"

/** The content of a header block, as far as it can be parsed. */
export type ReadHeaders = Pick<Message, "headers"> & { readonly damage: HeaderDamage | undefined }

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Printable ASCII without the colon, as NATS defines it, then the value on one line. */
const line = /^([!-9;-~]+):([^\r\n]*)$/

/**
 * Parses a NATS header block: `NATS/1.0`, then one `name: value` per line. Strictly, since anything guessed here
 * becomes part of an event: the client turns bytes that are not UTF-8 into U+FFFD and skips lines without a colon.
 */
export const readHeaderBlock = (bytes: Uint8Array): ReadHeaders => {
  const damaged = (detail: string): ReadHeaders => ({ headers: {}, damage: { detail, bytes } })
  if (bytes.length === 0) return { headers: {}, damage: undefined }
  const text = textOf(bytes)
  if (text === undefined) return damaged("they are not valid UTF-8")
  const [version = "", ...lines] = text.split("\r\n")
  if (!version.startsWith("NATS/1.0")) return damaged("they do not begin with NATS/1.0")
  const headers = new Map<string, string>()
  for (const each of lines) {
    if (each === "") continue
    const [, name, value] = line.exec(each) ?? []
    if (name === undefined || value === undefined) return damaged(`${JSON.stringify(each)} is no header`)
    if (!headers.has(name)) headers.set(name, value.trim())
  }
  return { headers: Object.fromEntries(headers), damage: undefined }
}
