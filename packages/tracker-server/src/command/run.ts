import { Effect } from "effect"
import { Command } from "effect/cli"
import { exitCode } from "../cli/exitCode.ts"
import { version } from "../version.ts"
import { tracker } from "./commands.ts"
import { Output } from "./Output.ts"
import { Complaint, sentence } from "./sentence.ts"

const command = Command.runWith(tracker, { version })

/** Runs one command line. Returns the exit code. If the reader of our output is gone, there is nothing left to do. */
export const run = (args: ReadonlyArray<string>) =>
  Effect.flatMap(
    Output,
    ({ note }) =>
      exitCode(args, (args) => Effect.catchTag(command(args), "ReaderGone", () => Effect.void), {
        say: note,
        sentence,
        isMisuse: (error) => error instanceof Complaint && error.isMisuse
      })
  )
