import type { Effect } from "effect"
import type {
  FileFailure,
  ReadAnswers,
  ReadOutcome,
  ReadRequest,
  WriteAnswers,
  WriteOutcome,
  WriteRequest
} from "./requests.ts"

/** `now`: in the next transaction. `soon`: nobody waits for it, so in that of whoever writes next, if somebody does soon. */
export type Urgency = "now" | "soon"

/** The way to an open file, wherever it is open. */
export interface SqliteLink {
  readonly read: <R extends ReadRequest>(request: R) => Effect.Effect<ReadAnswers[R[0]], FileFailure>
  /** What is answered has reached the disk. Not interruptible: what was asked is done. */
  readonly write: <W extends WriteRequest>(
    request: W,
    urgency?: Urgency
  ) => Effect.Effect<WriteAnswers[W[0]], FileFailure>
}

type AnswerOf<O> = O extends { readonly answer: infer A } ? A : never

/** The same, where the answer's type is not known by the request's. */
export interface UntypedLink {
  readonly read: (request: ReadRequest) => Effect.Effect<AnswerOf<ReadOutcome>, FileFailure>
  readonly write: (request: WriteRequest, urgency: Urgency) => Effect.Effect<AnswerOf<WriteOutcome>, FileFailure>
}

/** That each request has the answer of its own type is known to this signature alone. */
export function typedLink(link: UntypedLink): SqliteLink
export function typedLink({ read, write }: UntypedLink): {
  readonly read: UntypedLink["read"]
  readonly write: (request: WriteRequest, urgency?: Urgency) => ReturnType<UntypedLink["write"]>
} {
  return { read, write: (request, urgency = "now") => write(request, urgency) }
}
