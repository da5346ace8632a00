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

/**
 * `now`: in the next transaction. `soon`: nobody waits for it, so it joins the next write's transaction, if one comes
 * soon.
 */
export type Urgency = "now" | "soon"

/** Access to an open file, in whichever thread it is open. */
export interface SqliteLink {
  readonly read: <R extends ReadRequest>(request: R) => Effect.Effect<ReadAnswers[R[0]], FileFailure>
  /** Once answered, the write has reached the disk. Uninterruptible: a requested write is carried out. */
  readonly write: <W extends WriteRequest>(
    request: W,
    urgency?: Urgency
  ) => Effect.Effect<WriteAnswers[W[0]], FileFailure>
}

type AnswerOf<O> = O extends { readonly answer: infer A } ? A : never

/** `SqliteLink` without the type relation between request and answer. */
export interface UntypedLink {
  readonly read: (request: ReadRequest) => Effect.Effect<AnswerOf<ReadOutcome>, FileFailure>
  readonly write: (request: WriteRequest, urgency: Urgency) => Effect.Effect<AnswerOf<WriteOutcome>, FileFailure>
}

/** Only this signature knows that each request gets an answer of its own type. */
export function typedLink(link: UntypedLink): SqliteLink
export function typedLink({ read, write }: UntypedLink): {
  readonly read: UntypedLink["read"]
  readonly write: (request: WriteRequest, urgency?: Urgency) => ReturnType<UntypedLink["write"]>
} {
  return { read, write: (request, urgency = "now") => write(request, urgency) }
}
