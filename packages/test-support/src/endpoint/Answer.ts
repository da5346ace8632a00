/** One entry of `rejected` in an answer. */
export interface Rejected {
  readonly index: number
  readonly eventId?: string
  readonly code: string
  readonly detail: string
  readonly retryable: boolean
}

/** `Retry-After` in seconds, or as the HTTP date that is so many milliseconds after the answer, rounded up to a second. */
export type RetryAfter = { readonly seconds: number } | { readonly dateInMs: number }

/** How the endpoint treats one request. Plain data: another process carries it out. */
export type Answer =
  /** Stores the events as tracker-server does, but for those named, and answers with the verdicts. */
  | { readonly kind: "store"; readonly reject?: ReadonlyArray<Rejected> }
  /** Answers this status and stores nothing. */
  | {
    readonly kind: "status"
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly retryAfter?: RetryAfter
  }
  /** Resets the connection without an answer. */
  | { readonly kind: "reset" }
  /** Closes the connection without an answer, in good order, as servers do with one that was idle for long. */
  | { readonly kind: "close" }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** Stores, sends the status line and half a body, then resets the connection. */
  | { readonly kind: "breakBody" }
  /** Stores, sends the status line and half a body, and never ends it. */
  | { readonly kind: "stallBody" }
  /** Stores, and sends the body after the status line byte by byte, one each time this many milliseconds have passed. */
  | { readonly kind: "trickleBody"; readonly everyMs: number }
  /** Waits this long and then does as `answer` says. */
  | { readonly kind: "delay"; readonly ms: number; readonly answer: Answer }
  /** Waits to be released and then does as `answer` says. */
  | { readonly kind: "hold"; readonly answer: Answer }

/** How requests are treated that nothing else is planned for; the first of these that applies. */
export interface Rules {
  /** A request whose body, unpacked, has more bytes is answered 413. Default: any size. */
  readonly maxBytes?: number
  /** A request that holds one of these events is answered so as a whole. Default: none. */
  readonly poisoned?: { readonly ids: ReadonlyArray<string>; readonly answer: Answer }
  /** What becomes of all others. Default: `store`. */
  readonly otherwise?: Answer
}

export const store: Answer = { kind: "store" }

export const status = (status: number, headers: Readonly<Record<string, string>> = {}, body = ""): Answer => ({
  kind: "status",
  status,
  headers,
  body
})

/** An answer as tracker-server's API gives it: a problem by RFC 9457. */
export const problem = (code: number, title = "invalid event"): Answer =>
  status(code, { "content-type": "application/problem+json; charset=utf-8" }, JSON.stringify({ title }))

/** A status that says when to come back. */
export const comeBack = (status: number, retryAfter: RetryAfter): Answer => ({ kind: "status", status, retryAfter })

export const hold = (answer: Answer): Answer => ({ kind: "hold", answer })
