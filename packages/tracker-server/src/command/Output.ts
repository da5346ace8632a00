import { Context, Effect, Layer } from "effect"
import { TerminalCapabilities } from "effect/cli"

/** Whoever reads our output has gone: nothing more is of use. */
export class ReaderGone extends Error {
  readonly _tag = "ReaderGone"
}

/** Where answers go. */
export class Output extends Context.Service<Output, {
  /** Ends once the text is handed over. */
  readonly print: (text: string) => Effect.Effect<void, ReaderGone>
  /** A word to the person, beside the answer. */
  readonly note: (text: string) => Effect.Effect<void>
  /** Cells of a line; infinite where no terminal is. */
  readonly width: () => number
  readonly hasColour: boolean
}>()("@durable-effect/tracker-server/Output") {}

const isGone = (error: Error) => "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")

/** Standard output and standard error of the process. */
export const layerProcess = Layer.effect(
  Output,
  Effect.gen(function*() {
    const { canColor } = yield* TerminalCapabilities.TerminalCapabilities
    // Each write is told of its own failure; without this the process dies of the first.
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
