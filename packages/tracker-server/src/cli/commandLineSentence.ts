import type { CliError } from "effect/cli"

const fault = (error: CliError.ShowHelp["errors"][number] | undefined, program: string): string => {
  switch (error?._tag) {
    case "UnrecognizedOption":
      return `${program} has no flag ${error.option}` +
        (error.suggestions.length === 0 ? "." : `; did you mean ${error.suggestions.join(" or ")}?`)
    case "UnknownSubcommand":
      return `${program} has no command ${error.subcommand}` +
        (error.suggestions.length === 0 ? "." : `; did you mean ${error.suggestions.join(" or ")}?`)
    case "MissingOption":
      return `${program} needs --${error.option}.`
    case "MissingArgument":
      return `${program} needs <${error.argument}>.`
    default:
      return `${error?.message.replaceAll(/\s+/g, " ").trim() ?? "The command line cannot be read"}.`
  }
}

/** One sentence about an invalid command line; the first fault explains the others. */
export const commandLineSentence = ({ commandPath, errors }: CliError.ShowHelp): string => {
  const program = commandPath.join(" ")
  return `${fault(errors[0], program)} \`${program} --help\` shows what there is.`
}
