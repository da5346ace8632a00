import type { Message } from "../EventBus.ts"
import { percentEncode } from "./percent.ts"

/** An event in a CloudEvents envelope, like core's `TaskEvent`. */
export interface EnvelopedEvent {
  readonly id: string
  readonly type: string
  readonly topic: string
  readonly data?: unknown
}

const encoder = new TextEncoder()

/** Structured mode: the whole event as JSON in the body. */
export const encodeStructured = (event: EnvelopedEvent): Message => ({
  headers: { "content-type": "application/cloudevents+json; charset=utf-8" },
  body: encoder.encode(JSON.stringify(event))
})

/** CloudEvents allows no `_` in attribute names. */
const headerName = (attribute: string): string => `ce-${attribute.replaceAll("_", "").toLowerCase()}`

/**
 * Binary mode: one header per attribute, and `data` as JSON in the body. Attributes are strings, numbers and booleans
 * here.
 */
export const encodeBinary = ({ data, ...event }: EnvelopedEvent): Message => {
  const attributes: Readonly<Record<string, unknown>> = event
  const headers: Record<string, string> = { "ce-specversion": "1.0" }
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue
    headers[headerName(name)] = percentEncode(typeof value === "string" ? value : JSON.stringify(value))
  }
  if (data === undefined) return { headers, body: new Uint8Array() }
  return {
    headers: { "content-type": "application/json", ...headers },
    body: encoder.encode(JSON.stringify(data))
  }
}
