import { Effect, Fiber, Option, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"

/** A program that an example needs is not there; the message is for the person before the screen. */
export class ProgramNotStarted extends Schema.TaggedError<ProgramNotStarted>()("ProgramNotStarted", {
  message: Schema.String
}) {}

const endWithParent = new URL("endWithParent.ts", import.meta.url).href

interface ProgramOptions {
  readonly args?: ReadonlyArray<string>
  /** Beside our own variables, and before them. */
  readonly env?: { readonly [name: string]: string }
  /** Whether what it writes goes to our terminal. */
  readonly isHeard?: boolean
}

/**
 * Starts a module of ours as a process of its own, and stops it when the scope closes. It gets a process group of its own, so
 * that Ctrl-C reaches it through us alone and once; should we be killed, it ends by itself.
 */
export const startProgram = (file: string, { args = [], env = {}, isHeard = false }: ProgramOptions = {}) =>
  ChildProcess.make(process.execPath, [...process.execArgv, "--import", endWithParent, file, ...args], {
    detached: true,
    killSignal: "SIGTERM",
    forceKillAfter: "15 seconds",
    extendEnv: true,
    env: { ...env },
    ...(isHeard ? { stdout: "inherit", stderr: "inherit" } : {})
  }).pipe(Effect.mapError(({ message }) => new ProgramNotStarted({ message })))

type Program = Effect.Success<ReturnType<typeof startProgram>>

/** Waits until a program says something that matches, and answers that; fails with its complaints when it ends before. */
export const untilItSays = Effect.fnUntraced(function*({ stderr, stdout }: Program, pattern: RegExp) {
  const lines = (stream: typeof stdout) => stream.pipe(Stream.decodeText(), Stream.splitLines, Stream.orDie)
  const complaints = yield* lines(stderr).pipe(Stream.runCollect, Effect.forkScoped)
  const found = yield* lines(stdout).pipe(
    Stream.map((line) => pattern.exec(line)?.[0]),
    Stream.filter((match) => match !== undefined),
    Stream.runHead
  )
  if (Option.isSome(found)) return found.value
  const said = Array.from(yield* Fiber.join(complaints)).join("\n").trim()
  return yield* new ProgramNotStarted({ message: said || "It ended at once." })
})
