import { Cause, Console, Effect } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import { version } from "../version.ts"
import { commandLineSentence } from "./commandLineSentence.ts"
import { trackerServer } from "./commands.ts"
import { sentence } from "./report.ts"

/** `log-level` is our own flag: it has an environment variable and a default. */
const cliConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

/** Help is shown only on request; an invalid command line gets its one sentence, below. */
const presenter: CliOutput.Presenter = {
  present: (event) => event._tag === "InvalidInvocation" ? Effect.void : CliOutput.defaultPresenter.present(event)
}

/** Runs one command line. Returns the exit code; a failure is reported in one sentence on standard error. */
export const run = (args: ReadonlyArray<string>) =>
  Command.runWith(trackerServer, { version })(args).pipe(
    Effect.as(0),
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const error = Cause.squash(cause)
      if (CliError.isCliError(error) && error._tag === "ShowHelp") {
        return error.errors.length === 0 ? Effect.succeed(0) : Effect.as(Console.error(commandLineSentence(error)), 1)
      }
      return Effect.as(
        Console.error(args.includes("--verbose") ? `${sentence(cause)}\n${Cause.pretty(cause)}` : sentence(cause)),
        1
      )
    }),
    Effect.provide([cliConfig, CliOutput.layerPresenter(presenter)])
  )
