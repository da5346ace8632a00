import type { Answer, Rules } from "./Answer.ts"

export type ReceivedEvent =
  & { readonly eventId?: string; readonly id?: string; readonly type?: string }
  & Readonly<
    Record<string, unknown>
  >

/** A request as it arrived. */
export interface Arrival {
  /** 0, 1, 2 … in the order of arrival. */
  readonly index: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** Bytes on the wire, still packed. */
  readonly wireBytes: number
  /** Bytes of the body, unpacked. */
  readonly bytes: number
  /** The body: parsed where it is JSON, else its text. Not there when ids are read by `idPattern`. */
  readonly body?: unknown
  /** Port of the client's connection: the same for two requests over one connection. */
  readonly connection: number
  /** Requests that had no complete answer when this one arrived, itself included. */
  readonly open: number
}

/** Sums over all requests so far. */
export interface Totals {
  readonly requests: number
  /** Distinct events stored. */
  readonly stored: number
  /** Events that came again, after they were stored, in a request that was acknowledged too. */
  readonly duplicates: number
  /** Bytes of all bodies, unpacked. */
  readonly bytes: number
  /** Bytes of all bodies on the wire. */
  readonly wireBytes: number
}

export interface EndpointOptions {
  /**
   * For bodies that are not tracker batches: source of a regular expression whose one group is an event's id. Ids are
   * found with it in the unpacked body's bytes, the body is neither parsed nor kept, and a 2xx answer's body is `{}`.
   */
  readonly idPattern?: string | undefined
}

/** What a test can ask of an endpoint in the other process. */
export interface Control {
  /** Listens on a free port of 127.0.0.1 and answers it. */
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

/** As it travels to the other process. The answer is `<call> <JSON of the output>`. */
export type Command<O extends Operation = Operation> = {
  readonly [Name in O]: {
    readonly call: number
    readonly endpoint: number
    readonly operation: Name
    readonly input: Input<Name>
  }
}[O]
