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
  /** Resolves to what it measured, once it has ended. */
  readonly done: Effect.Effect<Readonly<Record<string, number>>, RunFailed>
}

/** What a process says over its life, as promises that nobody has to wait for. */
const listenTo = (child: ChildProcess, what: string) => {
  const started = Promise.withResolvers<number | undefined>()
  const done = Promise.withResolvers<Readonly<Record<string, number>>>()
  const fail = (problem: string) => {
    started.reject(new RunFailed({ what, problem }))
    done.reject(new RunFailed({ what, problem }))
  }
  for (const { promise } of [started, done]) promise.catch(() => undefined)
  let errors = ""
  let numbers: Readonly<Record<string, number>> | undefined
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString("utf8")).slice(-2000)
  })
  child.on("message", (message) => {
    if (!isMessage(message)) fail(`it told what is no message: ${JSON.stringify(message)}`)
    else if (message._tag === "Started") started.resolve(message.port)
    else if (message._tag === "Done") numbers = message.numbers
    else fail(message.problem)
  })
  child.on("error", (error) => fail(error.message))
  // Not `exit`, which may come before the last message has been read.
  child.on("close", (code, signal) => {
    if (numbers === undefined) fail(`ended by ${signal ?? `code ${code}`} too early. ${errors}`.trim())
    else done.resolve(numbers)
  })
  return { started: started.promise, done: done.promise }
}

const waitFor = <A>(promise: Promise<A>, what: string) =>
  Effect.tryPromise({
    try: () => promise,
    catch: (error) => error instanceof RunFailed ? error : new RunFailed({ what, problem: String(error) })
  })

/** Where compiled code is kept, for programs that run from source: starting them is most of a smoke run. */
export const compileCache = (flags: ReadonlyArray<string>) =>
  flags.includes("--conditions=source") ? { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] } : {}

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
          env: { PATH: process.env["PATH"], ...compileCache(flags) },
          stdio: ["ignore", "ignore", "pipe", "ipc"]
        })
        child.send(job)
        return { child, ...listenTo(child, what) }
      }),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    ({ done, started }): OwnProcess => ({ started: waitFor(started, what), done: waitFor(done, what) })
  )

/** Runs a job in a process of its own and answers what it measured. */
export const runInOwnProcess = (module: URL, job: object, flags: ReadonlyArray<string>, what: string) =>
  Effect.scoped(Effect.flatMap(startProcess(module, job, flags, what), ({ done }) => done))
