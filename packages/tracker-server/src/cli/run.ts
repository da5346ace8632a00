import { Cause, Console } from "effect"
import { Command } from "effect/cli"
import { version } from "../version.ts"
import { trackerServer } from "./commands.ts"
import { exitCode } from "./exitCode.ts"
import { sentence } from "./report.ts"

/** Runs one command line. Returns the exit code. */
export const run = (args: ReadonlyArray<string>) =>
  exitCode(args, Command.runWith(trackerServer, { version }), {
    say: Console.error,
    sentence: (cause) => args.includes("--verbose") ? `${sentence(cause)}\n${Cause.pretty(cause)}` : sentence(cause)
  })
