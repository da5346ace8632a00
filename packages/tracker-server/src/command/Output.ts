import { Context, Effect, Layer } from "effect"
import { TerminalCapabilities } from "effect/cli"

/** The reader of our output is gone: no further output is of use. */
export class ReaderGone extends Error {
  readonly _tag = "ReaderGone"
}

/** Where results are written. */
export class Output extends Context.Service<Output, {
  /** Completes once the text has been handed over. */
  readonly print: (text: string) => Effect.Effect<void, ReaderGone>
  /** A message for the user, separate from the result. */
  readonly note: (text: string) => Effect.Effect<void>
  /** Width of a line in cells; infinite without a terminal. */
  readonly width: () => number
  readonly hasColour: boolean
}>()("@durable-effect/tracker-server/Output") {}

const isGone = (error: Error) => "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")

/** Standard output and standard error of the process. */
export const layerProcess = Layer.effect(
  Output,
  Effect.gen(function*() {
    const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
    // Each write reports its own failure; without this listener the first one would end the process.
    process.stdout.on("error", () => {})
    return {
      print: (text: string) =>
        Effect.callback<void, ReaderGone>((resume) => {
          process.stdout.write(text, (error) => {
            resume(error ? isGone(error) ? Effect.fail(new ReaderGone()) : Effect.die(error) : Effect.void)
          })
        }),
      note: (text: string) =>
        Effect.sync(() => {
          process.stderr.write(`${text}\n`)
        }),
      width: () => process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
      hasColour: canColor
    }
  })
)
