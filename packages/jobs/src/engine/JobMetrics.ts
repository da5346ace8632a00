import { Context, Effect, Layer, Metric } from "effect"
import type { InstanceRecord } from "./InstanceRecord.ts"

const prefix = "durable_effect.jobs."

/** Seconds. */
const durationBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const latenessBoundaries = [...durationBoundaries, 900, 3600]

/** What a count is told apart by. */
type JobKind = Pick<InstanceRecord, "jobName" | "jobType">

/** How an attempt ended. `terminated`: by its handler; `interrupted`: from outside. */
export type AttemptOutcome = "succeeded" | "failed" | "terminated" | "interrupted"

/**
 * A runtime's own metrics, in Effect's registry. Counters of runtimes that share a registry add up, and so do gauges:
 * each runtime contributes only its own changes, and withdraws its share when it closes.
 */
export class JobMetrics extends Context.Service<JobMetrics, {
  /** Records the end of an attempt. An interrupted one has no duration. */
  readonly executed: (job: JobKind, outcome: AttemptOutcome, durationMs: number | undefined) => void
  /** Records the start of a further attempt. */
  readonly retried: (job: JobKind) => void
  readonly alarmFired: (job: JobKind, lateByMs: number) => void
  /** Records that the outbox has grown by this many events; negative if it has shrunk. */
  readonly outboxGrew: (by: number) => void
  /** Sets the counted number of pending events. */
  readonly outboxIs: (size: number) => void
  /** Sets a lower bound of the number of pending events. */
  readonly outboxIsAtLeast: (size: number) => void
  /** Sets the current number of queued items of one instance. */
  readonly queueIs: (job: JobKind, instanceId: string, depth: number) => void
}>()("@durable-effect/jobs/JobMetrics") {
  static readonly layer = Layer.effect(
    JobMetrics,
    Effect.gen(function*() {
      const context = yield* Effect.context()

      /** The series of one metric, by job and whatever else. */
      const seriesOf = <M>(make: (attributes: Record<string, string>) => M) => {
        /** By name, which one job of a registry has, and outcome. */
        const known = new Map<string, Map<AttemptOutcome | undefined, M>>()
        return ({ jobName, jobType }: JobKind, outcome?: AttemptOutcome): M => {
          const found = known.get(jobName)?.get(outcome)
          if (found !== undefined) return found
          const ofJob = { job_type: jobType, job_name: jobName }
          const made = make(outcome === undefined ? ofJob : { ...ofJob, outcome })
          known.set(jobName, (known.get(jobName) ?? new Map<AttemptOutcome | undefined, M>()).set(outcome, made))
          return made
        }
      }
      const counter = (suffix: string, unit: string) =>
        seriesOf((attributes) =>
          Metric.counter(prefix + suffix, { incremental: true, attributes: { ...attributes, unit } })
        )
      const histogram = (suffix: string, boundaries: ReadonlyArray<number>) =>
        seriesOf((attributes) =>
          Metric.histogram(prefix + suffix, { boundaries, attributes: { ...attributes, unit: "s" } })
        )

      const executions = counter("executions", "{execution}")
      const durations = histogram("execution.duration", durationBoundaries)
      const retries = counter("retries", "{retry}")
      const lateness = histogram("alarm.lateness", latenessBoundaries)
      const outbox = Metric.gauge(`${prefix}outbox.size`, { attributes: { unit: "{event}" } })
      const queues = seriesOf((attributes) =>
        Metric.gauge(`${prefix}queue.depth`, { attributes: { ...attributes, unit: "{item}" } })
      )

      let waiting = 0
      const outboxIs = (size: number) => {
        const is = Math.max(0, size)
        if (is === waiting) return
        outbox.modifyUnsafe(is - waiting, context)
        waiting = is
      }

      /** By instance, as long as something waits. */
      const depths = new Map<string, { readonly job: JobKind; readonly depth: number }>()
      const queueIs = (job: JobKind, instanceId: string, depth: number) => {
        const before = depths.get(instanceId)?.depth ?? 0
        if (depth === 0) depths.delete(instanceId)
        else depths.set(instanceId, { job, depth })
        if (depth !== before) queues(job).modifyUnsafe(depth - before, context)
      }

      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          outboxIs(0)
          for (const [instanceId, { job }] of depths) queueIs(job, instanceId, 0)
        })
      )

      return {
        executed: (job, outcome, durationMs) => {
          executions(job, outcome).updateUnsafe(1, context)
          if (durationMs !== undefined) durations(job, outcome).updateUnsafe(durationMs / 1000, context)
        },
        retried: (job) => retries(job).updateUnsafe(1, context),
        alarmFired: (job, lateByMs) => lateness(job).updateUnsafe(lateByMs / 1000, context),
        outboxGrew: (by) => outboxIs(waiting + by),
        outboxIs,
        outboxIsAtLeast: (size) => outboxIs(Math.max(size, waiting)),
        queueIs
      }
    })
  )
}
