import { Base64 } from "effect/encoding"
import type { Message } from "../EventBus.ts"
import { percentDecode } from "./percent.ts"

/** The content of a message: its event, unvalidated; or why there is none. */
export type DecodedMessage =
  | { readonly _tag: "Value"; readonly value: unknown; readonly traceparent: string | undefined }
  | { readonly _tag: "Undecodable"; readonly reason: "not_json" | "not_text"; readonly detail: string }

const undecodable = (reason: "not_json" | "not_text", detail: string): DecodedMessage => ({
  _tag: "Undecodable",
  reason,
  detail
})

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false })

const textOf = (body: Uint8Array): string | undefined => {
  try {
    return decoder.decode(body)
  } catch {
    return undefined
  }
}

const isJson = (contentType: string): boolean => /^(application|text)\/([^;\s]+\+)?json\s*(;|$)/i.test(contentType)

const fromJson = (body: Uint8Array, what: string, use: (value: unknown) => DecodedMessage): DecodedMessage => {
  const text = textOf(body)
  if (text === undefined) return undecodable("not_text", `${what} is not valid UTF-8`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return undecodable("not_json", `${what} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  return use(value)
}

const structured = ({ body }: Message, traceparent: string | undefined): DecodedMessage =>
  fromJson(body, "the body", (value) => ({ _tag: "Value", value, traceparent }))

const binary = (
  { body }: Message,
  headers: ReadonlyMap<string, string>,
  traceparent: string | undefined
): DecodedMessage => {
  const event: Record<string, string> = {}
  for (const [name, raw] of headers) {
    if (!name.startsWith("ce-")) continue
    const value = percentDecode(raw)
    if (value === undefined) return undecodable("not_text", `the header ${name} is not percent-encoded UTF-8`)
    Object.defineProperty(event, name.slice(3), { value, enumerable: true, configurable: true, writable: true })
  }
  const contentType = event["datacontenttype"] ?? headers.get("content-type") ?? "application/json"
  const withData = (data: object): DecodedMessage => ({ _tag: "Value", value: { ...event, ...data }, traceparent })
  if (isJson(contentType)) {
    return body.length === 0 ? withData({}) : fromJson(body, "the data in the body", (data) => withData({ data }))
  }
  const text = textOf(body)
  return withData(text === undefined ? { data_base64: Base64.encode(body) } : { data: text })
}

/**
 * Decodes a message according to the CloudEvents NATS binding: in binary mode if there are `ce-*` headers and the body
 * is not declared a complete event, otherwise in structured mode. A body without any headers is structured too.
 */
export const decodeMessage = (message: Message): DecodedMessage => {
  const headers = new Map(Object.entries(message.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const traceparent = headers.get("traceparent") ?? headers.get("ce-traceparent")
  const isWhole = headers.get("content-type")?.trim().toLowerCase().startsWith("application/cloudevents") ?? false
  const hasAttributes = [...headers.keys()].some((name) => name.startsWith("ce-"))
  return hasAttributes && !isWhole ? binary(message, headers, traceparent) : structured(message, traceparent)
}
