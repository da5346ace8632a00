import { Cause, Effect } from "effect"
import { CliConfig, CliError, CliOutput, GlobalFlag } from "effect/cli"
import { InvalidSetting } from "../config.ts"
import { commandLineSentence } from "./commandLineSentence.ts"

/** Exit codes of both commands. 2 is wrong usage, as GNU programs and shells have it: the call has to be changed. */
const codes = { done: 0, failed: 1, misused: 2 }

/** How a command tells a person what went wrong. */
interface Voice {
  /** Writes a line to standard error. */
  readonly say: (text: string) => Effect.Effect<void>
  /** One sentence about a failure. */
  readonly sentence: (cause: Cause.Cause<unknown>) => string
  /** Whether a failure is wrong usage, beyond a setting that cannot be read. */
  readonly isMisuse?: (error: unknown) => boolean
}

/** `log-level` is our own flag: it has an environment variable and a default. */
const cliConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

/** Help is shown only on request; an invalid command line gets one sentence. */
const presenter = (args: ReadonlyArray<string>, { say }: Voice): CliOutput.Presenter => ({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? say(commandLineSentence(event, args))
      : CliOutput.defaultPresenter.present(event)
})

/** Runs a command line to its exit code; a failure is reported in one sentence. */
export const exitCode = <E, R>(
  args: ReadonlyArray<string>,
  command: (args: ReadonlyArray<string>) => Effect.Effect<void, E, R>,
  voice: Voice
) =>
  command(args).pipe(
    Effect.as(codes.done),
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const error = Cause.squash(cause)
      // The presenter has said what there is to say.
      if (CliError.isCliError(error) && error._tag === "ShowHelp") {
        return Effect.succeed(error.errors.length === 0 ? codes.done : codes.misused)
      }
      const isMisuse = error instanceof InvalidSetting || voice.isMisuse?.(error) === true
      return Effect.as(voice.say(voice.sentence(cause)), isMisuse ? codes.misused : codes.failed)
    }),
    Effect.provide([cliConfig, CliOutput.layerPresenter(presenter(args, voice))])
  )
