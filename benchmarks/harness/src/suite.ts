import { Cause, Effect, Exit, Fiber, Schema } from "effect"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { type Choice, type Options, readOptions, UsageError, usageOf } from "./options.ts"
import { type ResultsFrame, root } from "./Results.ts"

/** A set of measurements that is run by one command. */
export interface Suite<Measurement extends string, Contender extends string, R extends ResultsFrame> {
  readonly choice: Choice<Measurement, Contender>
  readonly measure: (options: Options<Measurement, Contender>) => Effect.Effect<R, unknown>
  /** Of the file that keeps a run. */
  readonly file: Schema.Codec<R, string>
  /** For a terminal. */
  readonly textReport: (results: R) => string
  /** For a README. */
  readonly markdownReport: (results: R) => string
}

const save = (results: ResultsFrame, options: Options, { suite }: Choice<string, string>) => {
  const dated = `${root}benchmarks/results/${suite}-${results.startedAt.slice(0, 16).replace(":", "")}Z.json`
  const path = options.out ?? (options.isToPublish ? dated : undefined)
  if (path === undefined) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`)
  console.error(`written to ${path}`)
}

const bench = async <M extends string, C extends string, R extends ResultsFrame>(
  suite: Suite<M, C, R>,
  options: Options<M, C>
): Promise<void> => {
  const fiber = Effect.runFork(suite.measure(options))
  // Processes of contenders end with the fiber.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fiber.interruptUnsafe())
  const exit = await Effect.runPromise(Fiber.await(fiber))
  if (Exit.isFailure(exit)) {
    console.error(Cause.hasInterruptsOnly(exit.cause) ? "stopped" : Cause.pretty(exit.cause))
    process.exitCode = 1
    return
  }
  save(exit.value, options, suite.choice)
  console.log(suite.textReport(exit.value))
}

/** `npm run bench -- <suite> <words>` */
export const runSuite =
  <M extends string, C extends string, R extends ResultsFrame>(suite: Suite<M, C, R>) =>
  async (words: ReadonlyArray<string>): Promise<void> => {
    try {
      const options = readOptions(words, suite.choice)
      if (options === "help") console.log(usageOf(suite.choice))
      else if (options.markdown === undefined) await bench(suite, options)
      else {
        const results = Schema.decodeUnknownSync(suite.file)(readFileSync(options.markdown, "utf8"))
        console.log(suite.markdownReport(results))
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      console.error(`${error.message}\n\n${usageOf(suite.choice)}`)
      process.exitCode = 2
    }
  }
