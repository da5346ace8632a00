import { Cause, Effect } from "effect"
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from "effect/cli"
import { commandLineSentence } from "../cli/commandLineSentence.ts"
import { InvalidSetting } from "../config.ts"
import { version } from "../version.ts"
import { tracker } from "./commands.ts"
import { Output, ReaderGone } from "./Output.ts"
import { sentence } from "./sentence.ts"

const cliConfig = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

/** Help is shown only on request; an invalid command line gets its one sentence, below. */
const presenter: CliOutput.Presenter = {
  present: (event) => event._tag === "InvalidInvocation" ? Effect.void : CliOutput.defaultPresenter.present(event)
}

/** Exit codes. */
const codes = { done: 0, failed: 1, misused: 2 }

const said = (text: string, code: number) => Effect.as(Effect.flatMap(Output, ({ note }) => note(text)), code)

/** Runs one command line. Returns the exit code; a failure is reported in one sentence on standard error. */
export const run = (args: ReadonlyArray<string>) =>
  Command.runWith(tracker, { version })(args).pipe(
    Effect.as(codes.done),
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const error = Cause.squash(cause)
      if (error instanceof ReaderGone) return Effect.succeed(codes.done)
      if (CliError.isCliError(error) && error._tag === "ShowHelp") {
        return error.errors.length === 0 ? Effect.succeed(codes.done) : said(commandLineSentence(error), codes.misused)
      }
      return said(sentence(cause), error instanceof InvalidSetting ? codes.misused : codes.failed)
    }),
    Effect.provide([cliConfig, CliOutput.layerPresenter(presenter)])
  )
