/** A request as it arrived: unpacked, and parsed where it is JSON. */
export interface ReceivedRequest {
  /** 0, 1, 2 … in the order of arrival. */
  readonly index: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** Bytes on the wire, still packed. */
  readonly wireBytes: number
  /** Bytes of the body, unpacked. */
  readonly bytes: number
  readonly body: unknown
  /** The events in it; none when the body is no batch. */
  readonly events: ReadonlyArray<ReceivedEvent>
  /** Port of the client's connection: the same for two requests over one connection. */
  readonly connection: number
}

export type ReceivedEvent =
  & { readonly eventId?: string; readonly id?: string; readonly type?: string }
  & Readonly<
    Record<string, unknown>
  >

/** One entry of `rejected` in an answer. */
export interface Rejected {
  readonly index: number
  readonly eventId?: string
  readonly code: string
  readonly detail: string
  readonly retryable: boolean
}

/** How the endpoint treats one request. */
export type Answer =
  /** Stores the events as tracker-server does, but for those named, and answers with the verdicts. */
  | { readonly kind: "store"; readonly reject?: ReadonlyArray<Rejected> }
  /** Answers this status and stores nothing. */
  | {
    readonly kind: "status"
    readonly status: number
    readonly headers?: Record<string, string>
    readonly body?: string
  }
  /** Resets the connection without an answer. */
  | { readonly kind: "reset" }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** Stores, sends the status line and half a body, then resets the connection. */
  | { readonly kind: "breakBody" }
  /** Stores, sends the status line and half a body, and never ends it. */
  | { readonly kind: "stallBody" }
  /** Waits for the gate to open and then does as `then` says. */
  | { readonly kind: "after"; readonly gate: Promise<void>; readonly answer: Answer }

export const store: Answer = { kind: "store" }
export const status = (status: number, headers: Record<string, string> = {}, body = ""): Answer => ({
  kind: "status",
  status,
  headers,
  body
})
