import type { CliOutput } from "effect/cli"

type Invocation = CliOutput.Presenter.InvalidInvocation

const isGiven = (args: ReadonlyArray<string>, flag: string): boolean =>
  args.some((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`))

/** The parser stops at the first flag that is missing; a person wants to know all of them, and the form of the call. */
const missingFlags = (program: string, { helpDoc }: Invocation, args: ReadonlyArray<string>): string => {
  const required = helpDoc.flags.filter((flag) => flag.required)
  const missing = required.filter(({ name }) => !isGiven(args, name)).map(({ name }) => `--${name}`)
  const form = [program, ...required.map(({ name, type }) => `--${name} ${type}`)].join(" ")
  return `${program} needs ${missing.join(" and ")}: \`${form}\`.`
}

const fault = (program: string, invocation: Invocation, args: ReadonlyArray<string>): string => {
  const [error] = invocation.errors
  switch (error?._tag) {
    case "UnrecognizedOption":
      return `${program} has no flag ${error.option}` +
        (error.suggestions.length === 0 ? "." : `; did you mean ${error.suggestions.join(" or ")}?`)
    case "UnknownSubcommand":
      return `${program} has no command ${error.subcommand}` +
        (error.suggestions.length === 0 ? "." : `; did you mean ${error.suggestions.join(" or ")}?`)
    case "MissingOption":
      return missingFlags(program, invocation, args)
    case "MissingArgument":
      return `${program} needs <${error.argument}>.`
    default:
      return `${error?.message.replaceAll(/\s+/g, " ").trim() ?? "The command line cannot be read"}.`
  }
}

/** One sentence about an invalid command line; the first fault explains the others. */
export const commandLineSentence = (invocation: Invocation, args: ReadonlyArray<string>): string => {
  const program = invocation.commandPath.join(" ")
  return `${fault(program, invocation, args)} \`${program} --help\` shows what there is.`
}
