import type { Duration } from "effect"
import type { Redact } from "../../src/index.ts"
import type { Call } from "./calls.ts"
import type { Scripted } from "./definitions.ts"

/** The definition `job`, or several by name. */
export type Jobs = Scripted | { readonly [name: string]: Scripted }

/** What somebody does, or what happens. After each step everything settles that can without time. */
export type Step =
  | Call
  /** A call that is not waited for. */
  | { readonly _tag: "Meanwhile"; readonly calls: ReadonlyArray<Call> }
  | { readonly _tag: "Pass"; readonly duration: Duration.Input; readonly steps: number }
  /** Waits until so many handlers have come to their deed "holds", in all. */
  | { readonly _tag: "Held"; readonly count: number }
  | { readonly _tag: "Release" }
  /** In order, within the grace period. */
  | { readonly _tag: "Shutdown" }
  /** The process is gone: what was not committed never was. */
  | { readonly _tag: "Crash" }
  /** A runtime on the same storage, with other definitions if told so. */
  | { readonly _tag: "Up"; readonly jobs: Jobs | undefined }
  | { readonly _tag: "Host"; readonly commits: boolean }
  | { readonly _tag: "Tracker"; readonly takes: boolean }
  /** A firing that a host brings, be it late, early or twice. */
  | { readonly _tag: "Alarm"; readonly instanceId: string; readonly generation: number | undefined }
  /** The record of an instance becomes what nobody can read. */
  | { readonly _tag: "Wreck"; readonly instanceId: string }

export const meanwhile = (...calls: ReadonlyArray<Call>): Step => ({ _tag: "Meanwhile", calls })
/** @param steps in how many even parts time passes, where each brings what the next needs */
export const pass = (duration: Duration.Input, steps = 1): Step => ({ _tag: "Pass", duration, steps })
export const held = (count: number): Step => ({ _tag: "Held", count })
export const release: Step = { _tag: "Release" }
export const shutdown: Step = { _tag: "Shutdown" }
export const crash: Step = { _tag: "Crash" }
export const up = (jobs?: Jobs): Step => ({ _tag: "Up", jobs })
export const hostFails: Step = { _tag: "Host", commits: false }
export const hostWorks: Step = { _tag: "Host", commits: true }
export const trackerAway: Step = { _tag: "Tracker", takes: false }
export const trackerBack: Step = { _tag: "Tracker", takes: true }
export const alarm = (instanceId: string, generation?: number): Step => ({ _tag: "Alarm", instanceId, generation })
export const wreck = (instanceId: string): Step => ({ _tag: "Wreck", instanceId })

/** What is to be seen of a story. */
export interface Outcome {
  /** To the calls of `when`, in their order: what was answered, or the error as `errorLine` tells it. */
  readonly answers: ReadonlyArray<unknown>
  /** All events since `given`, as `eventLine` tells them. */
  readonly events: ReadonlyArray<string>
  /** All that the storage has at the end, as `left` tells it: nothing is left unless it is said here. */
  readonly left: ReadonlyArray<string>
  /** What user code of `when` was given, one line each time that it ran. Looked at only where a case tells it. */
  readonly saw?: ReadonlyArray<string>
  /** Which events of `when` name their causes, as `becauseLines` tells them. Looked at only where a case tells it. */
  readonly because?: ReadonlyArray<string>
}

/** Given what came before, when this is done, the outcome is exactly this. */
export interface Case {
  /** A sentence, the only one of its kind. */
  readonly name: string
  readonly jobs: Jobs
  /** How the runtime is set up. The grace period is none unless told otherwise. */
  readonly with?: { readonly gracePeriod?: number; readonly redact?: Redact; readonly alarmConcurrency?: number }
  /** What came before. */
  readonly given?: ReadonlyArray<Step>
  readonly when: ReadonlyArray<Step>
  readonly outcome: Outcome
}

/** The cases of one area. */
export interface Table {
  readonly about: string
  readonly cases: ReadonlyArray<Case>
}
