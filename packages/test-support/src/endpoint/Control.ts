import type { Answer, Rules } from "./Answer.ts"

export type ReceivedEvent =
  & { readonly eventId?: string; readonly id?: string; readonly type?: string }
  & Readonly<
    Record<string, unknown>
  >

/** A request as it arrived. */
export interface Arrival {
  /** 0, 1, 2 … in order of arrival. */
  readonly index: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** Bytes on the wire, before decompression. */
  readonly wireBytes: number
  /** Bytes of the decompressed body. */
  readonly bytes: number
  /** The body: parsed if it is JSON, otherwise as text. Absent if ids are read by `idPattern`. */
  readonly body?: unknown
  /** The client's port: the same for two requests on one connection. */
  readonly connection: number
  /** Requests without a complete response when this one arrived, itself included. */
  readonly open: number
}

/** Totals over all requests so far. */
export interface Totals {
  readonly requests: number
  /** Distinct events stored. */
  readonly stored: number
  /** Events received again after being stored, in a request that was acknowledged too. */
  readonly duplicates: number
  /** Bytes of all bodies, decompressed. */
  readonly bytes: number
  /** Bytes of all bodies on the wire. */
  readonly wireBytes: number
}

export interface EndpointOptions {
  /**
   * For bodies that are not tracker batches: source of a regular expression whose single group is an event's id. Ids
   * are searched in the decompressed bytes; the body is neither parsed nor kept, and the body of a 2xx response is
   * `{}`.
   */
  readonly idPattern?: string | undefined
}

/** The operations of an endpoint in the other process. */
export interface Control {
  /** Listens on a free port of 127.0.0.1 and returns it. */
  readonly open: (options: EndpointOptions) => Promise<number>
  readonly close: () => Promise<void>
  readonly answer: (rules: Rules) => void
  readonly answerNext: (answers: ReadonlyArray<Answer>) => void
  readonly release: () => void
  readonly refuse: () => Promise<void>
  readonly accept: () => Promise<void>
  readonly requests: () => ReadonlyArray<Arrival>
  readonly stored: () => ReadonlyArray<ReceivedEvent>
  readonly totals: () => Totals
  readonly mostAtOnce: () => number
  readonly awaitRequests: (count: number) => Promise<ReadonlyArray<Arrival>>
  readonly awaitStored: (count: number) => Promise<ReadonlyArray<ReceivedEvent>>
}

export type Operation = keyof Control
export type Input<O extends Operation> = Parameters<Control[O]>
export type Output<O extends Operation> = Awaited<ReturnType<Control[O]>>

/** A call as sent to the other process. The reply is `<call> <JSON of the output>`. */
export type Command<O extends Operation = Operation> = {
  readonly [Name in O]: {
    readonly call: number
    readonly endpoint: number
    readonly operation: Name
    readonly input: Input<Name>
  }
}[O]
