import { parseArgs } from "node:util"

/** What the words after `bench <suite>` ask for. */
export interface Options<Measurement extends string = string, Contender extends string = string> {
  readonly rounds: number
  readonly only: ReadonlyArray<Measurement>
  /** Only these take part; all when empty. */
  readonly contenders: ReadonlyArray<Contender>
  readonly isSmoke: boolean
  /** Where results are written; by default a dated file, and none when only a part is measured. */
  readonly out: string | undefined
  /** Everything is measured, so the results go to a dated file beside the published ones. */
  readonly isToPublish: boolean
  /** Runs our packages as TypeScript, without a build. */
  readonly fromSource: boolean
  /** A folder for a CPU profile of what each process measures. */
  readonly profile: string | undefined
  /** A file of results to show as Markdown, in place of measuring. */
  readonly markdown: string | undefined
  /** How long what takes minutes goes on; undefined in a suite that has nothing of the kind. */
  readonly minutes: number | undefined
}

/** What a suite has to choose from. */
export interface Choice<Measurement extends string, Contender extends string> {
  readonly suite: string
  /** What it measures, in a sentence. */
  readonly about: string
  readonly measurements: ReadonlyArray<Measurement>
  readonly contenders: ReadonlyArray<Contender>
  /** A measurement that goes on for minutes, and for how many by default. */
  readonly lasting?: { readonly measurement: Measurement; readonly minutes: number }
}

/** Least rounds of a run that is kept beside the published ones. */
const leastRounds = 5

const minutesUsage = ({ lasting }: Choice<string, string>): string =>
  lasting === undefined
    ? ""
    : `  --minutes N          how long ${lasting.measurement} goes on; default ${lasting.minutes}, the least to publish\n`

export const usageOf = (choice: Choice<string, string>): string => {
  const { about, contenders, measurements, suite } = choice
  return `usage: npm run bench -- ${suite} [options]

${about}

  --only NAME,…        of ${measurements.join(", ")}; default all
  --contender NAME,…   of ${contenders.join(", ")};
                       default all that a measurement has
  --rounds N           how often each contender runs; default ${leastRounds}, the least for numbers to publish
${
    minutesUsage(choice)
  }  --out FILE           where results go; default benchmarks/results/${suite}-<date>.json, when all is measured
  --smoke              a few seconds, for the shape of the results alone
  --source             runs our packages as TypeScript in place of building and running what is published
  --profile FOLDER     writes a CPU profile of each measured part there; numbers are then too high
  --markdown FILE      shows a file of results as Markdown
  --help               this text
`
}

/** Something is wrong with the words after the command. */
export class UsageError extends Error {}

const listOf = <T extends string>(option: string, text: string | undefined, allowed: ReadonlyArray<T>) => {
  const names = (text ?? "").split(",").filter((name) => name !== "")
  return names.map((name) => {
    const known = allowed.find((candidate) => candidate === name)
    if (known === undefined) throw new UsageError(`${option}: ${name} is none of ${allowed.join(", ")}`)
    return known
  })
}

const positive = (option: string, text: string) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${option}: ${text} is no number from 1 on`)
  return value
}

const words = {
  help: { type: "boolean", default: false },
  only: { type: "string" },
  contender: { type: "string" },
  rounds: { type: "string" },
  minutes: { type: "string" },
  out: { type: "string" },
  smoke: { type: "boolean", default: false },
  source: { type: "boolean", default: false },
  profile: { type: "string" },
  markdown: { type: "string" }
} as const

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], options: words, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Reads the words after `bench <suite>`; "help" when they ask for it. Throws a UsageError. */
export const readOptions = <Measurement extends string, Contender extends string>(
  args: ReadonlyArray<string>,
  { contenders, lasting, measurements, suite }: Choice<Measurement, Contender>
): Options<Measurement, Contender> | "help" => {
  const given = parse(args)
  if (given.help) return "help"
  const only = listOf("--only", given.only, measurements)
  const chosen = listOf("--contender", given.contender, contenders)
  const isWhole = only.length === 0 || only.length === measurements.length
  const isToPublish = isWhole && chosen.length === 0 && !given.smoke && given.out === undefined
  const rounds = positive("--rounds", given.rounds ?? (given.smoke ? "1" : String(leastRounds)))
  if (lasting === undefined && given.minutes !== undefined) {
    throw new UsageError(`--minutes: nothing in ${suite} goes on for minutes`)
  }
  const minutes = given.minutes === undefined ? lasting?.minutes : positive("--minutes", given.minutes)
  // Said before it runs for minutes: a file with a date would look like numbers to publish.
  if (isToPublish && rounds < leastRounds) {
    throw new UsageError(
      `a whole run of fewer than ${leastRounds} rounds is not kept in benchmarks/results: add --out FILE`
    )
  }
  if (isToPublish && lasting !== undefined && (minutes ?? 0) < lasting.minutes) {
    throw new UsageError(
      `a whole run of fewer than ${lasting.minutes} minutes is not kept in benchmarks/results: add --out FILE`
    )
  }
  return {
    rounds,
    only: only.length === 0 ? measurements : only,
    contenders: chosen,
    isToPublish,
    isSmoke: given.smoke,
    out: given.out,
    fromSource: given.source,
    profile: given.profile,
    markdown: given.markdown,
    minutes
  }
}
