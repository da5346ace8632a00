import { Effect, Schema } from "effect"
import { type ChildProcess, fork } from "node:child_process"

/** A process of a benchmark ended before it had told what it measured. */
export class RunFailed extends Schema.TaggedError<RunFailed>()("RunFailed", {
  what: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.what}: ${this.problem}`
  }
}

/** What a process tells the one that started it. */
export const Message = Schema.TaggedUnion({
  /** It is ready and begins now. `port` when it listens on one. */
  Started: { port: Schema.optionalKey(Schema.Int) },
  Done: { numbers: Schema.Record(Schema.String, Schema.Finite) },
  Failed: { problem: Schema.String }
})
export type Message = typeof Message.Type

const isMessage = Schema.is(Message)

export interface OwnProcess {
  /** Resolves once it has begun, to the port that it listens on, if any. */
  readonly started: Effect.Effect<number | undefined, RunFailed>
  /** Resolves to what it measured. */
  readonly done: Effect.Effect<Readonly<Record<string, number>>, RunFailed>
}

const outcomeOf = <A>(child: ChildProcess, what: string, pick: (message: Message) => A | undefined) => {
  let errors = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString("utf8")).slice(-2000)
  })
  const promise = new Promise<A>((resolve, reject) => {
    child.on("message", (message) => {
      if (!isMessage(message)) return
      if (message._tag === "Failed") reject(new RunFailed({ what, problem: message.problem }))
      const picked = pick(message)
      if (picked !== undefined) resolve(picked)
    })
    child.on("error", (error) => reject(new RunFailed({ what, problem: error.message })))
    child.on("exit", (code, signal) => {
      reject(new RunFailed({ what, problem: `ended by ${signal ?? `code ${code}`} too early. ${errors}`.trim() }))
    })
  })
  promise.catch(() => undefined) // whoever waits for it hears of it
  return Effect.tryPromise({
    try: () => promise,
    catch: (error) => error instanceof RunFailed ? error : new RunFailed({ what, problem: String(error) })
  })
}

/**
 * Starts a module in a process of its own and hands it a job. It sees nothing of our environment, so that no setting of
 * this shell changes what libraries do. It is killed with the scope.
 */
export const startProcess = (module: URL, job: object, flags: ReadonlyArray<string>, what: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = fork(module, [], {
          execArgv: ["--disable-warning=ExperimentalWarning", ...flags],
          env: { PATH: process.env["PATH"] },
          stdio: ["ignore", "ignore", "pipe", "ipc"]
        })
        child.send(job)
        return child
      }),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    (child): OwnProcess => ({
      started: Effect.map(
        outcomeOf(child, what, (message) => message._tag === "Started" ? message : undefined),
        ({ port }) => port
      ),
      done: outcomeOf(child, what, (message) => message._tag === "Done" ? message.numbers : undefined)
    })
  )

/** Runs a job in a process of its own and answers what it measured. */
export const runInOwnProcess = (module: URL, job: object, flags: ReadonlyArray<string>, what: string) =>
  Effect.scoped(Effect.flatMap(startProcess(module, job, flags, what), ({ done }) => done))
