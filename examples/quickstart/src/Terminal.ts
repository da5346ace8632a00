import { Context, Effect, Layer } from "effect"

/** A few lines that are redrawn in place at the bottom of the screen, and lines that stay above them. */
export class Terminal extends Context.Service<Terminal, {
  /** Writes a line that stays. */
  readonly say: (line: string) => Effect.Effect<void>
  /** Shows these lines in place of those shown before. Off a terminal it writes only what is new. */
  readonly draw: (lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** Leaves the drawn lines where they are. */
  readonly settle: Effect.Effect<void>
  /** Cells of a line now; infinite where no line is cut. */
  readonly width: Effect.Effect<number>
}>()("quickstart/Terminal") {
  static readonly layer = Layer.sync(Terminal, () => make(process.stdout))
}

/** What of a terminal is needed; `columns` is unknown when the output goes to a file. */
export interface Output {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly write: (text: string) => unknown
}

export const make = (output: Output): Terminal["Service"] => {
  let drawn: ReadonlyArray<string> = []
  const erase = () => output.isTTY && drawn.length > 0 ? output.write(`\x1b[${drawn.length}A\x1b[J`) : undefined
  const paint = (lines: ReadonlyArray<string>) => {
    const width = output.columns ?? 120
    for (const line of lines) output.write(`${output.isTTY ? line.slice(0, width - 1) : line}\n`)
  }
  return {
    say: (line) =>
      Effect.sync(() => {
        erase()
        output.write(`${line}\n`)
        if (output.isTTY) paint(drawn)
      }),
    draw: (lines) =>
      Effect.sync(() => {
        erase()
        paint(output.isTTY ? lines : lines.filter((line) => !drawn.includes(line)))
        drawn = lines
      }),
    settle: Effect.sync(() => {
      drawn = []
    }),
    width: Effect.sync(() => output.isTTY ? output.columns ?? 120 : Infinity)
  }
}
