/** One entry of `rejected` in a response. */
export interface Rejected {
  readonly index: number
  readonly eventId?: string
  readonly code: string
  readonly detail: string
  readonly retryable: boolean
}

/** `Retry-After` in seconds, or as the HTTP date this many milliseconds after the response, rounded up to a second. */
export type RetryAfter = { readonly seconds: number } | { readonly dateInMs: number }

/** How the endpoint handles one request. Plain data, because another process carries it out. */
export type Answer =
  /** Stores the events as tracker-server does, except for those named, and responds with the verdicts. */
  | { readonly kind: "store"; readonly reject?: ReadonlyArray<Rejected> }
  /** Responds with this status and stores nothing. */
  | {
    readonly kind: "status"
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly retryAfter?: RetryAfter
  }
  /** Resets the connection without a response. */
  | { readonly kind: "reset" }
  /** Closes the connection gracefully without a response, as servers do with idle ones. */
  | { readonly kind: "close" }
  /** Never responds. */
  | { readonly kind: "hang" }
  /** Stores, sends the status line and half a body, then resets the connection. */
  | { readonly kind: "breakBody" }
  /** Stores, sends the status line and half a body, and never ends it. */
  | { readonly kind: "stallBody" }
  /** Stores, then sends the status line and the body byte by byte, one every this many milliseconds. */
  | { readonly kind: "trickleBody"; readonly everyMs: number }
  /** Waits this long, then does what `answer` says. */
  | { readonly kind: "delay"; readonly ms: number; readonly answer: Answer }
  /** Waits to be released, then does what `answer` says. */
  | { readonly kind: "hold"; readonly answer: Answer }

/** How to handle requests without a planned answer; the first applicable rule wins. */
export interface Rules {
  /** A request whose decompressed body exceeds this many bytes is answered with 413. Default: any size. */
  readonly maxBytes?: number
  /** The answer to any request that contains one of these events. Default: none. */
  readonly poisoned?: { readonly ids: ReadonlyArray<string>; readonly answer: Answer }
  /** The answer to all others. Default: `store`. */
  readonly otherwise?: Answer
}

export const store: Answer = { kind: "store" }

export const status = (status: number, headers: Readonly<Record<string, string>> = {}, body = ""): Answer => ({
  kind: "status",
  status,
  headers,
  body
})

/** A response as tracker-server gives it: an RFC 9457 problem. */
export const problem = (code: number, title = "invalid event"): Answer =>
  status(code, { "content-type": "application/problem+json; charset=utf-8" }, JSON.stringify({ title }))

/** A status with a `Retry-After`. */
export const comeBack = (status: number, retryAfter: RetryAfter): Answer => ({ kind: "status", status, retryAfter })

export const hold = (answer: Answer): Answer => ({ kind: "hold", answer })
