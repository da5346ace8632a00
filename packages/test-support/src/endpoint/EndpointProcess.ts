import { Effect, Exit } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Command, Input, Operation, Output } from "./Control.ts"

const main = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url))

/** The single process for this process's endpoints. Started on first use; it never delays the parent's exit. */
class EndpointProcess {
  readonly #child: ChildProcess
  readonly #calls = new Map<number, (answer: Exit.Exit<string>) => void>()
  #newestCall = 0
  #ended: string | undefined

  constructor() {
    this.#child = fork(main, { execArgv: ["--conditions=source"], serialization: "advanced" })
    this.#child.unref()
    this.#child.channel?.unref()
    this.#child.on("message", (message) => {
      const text = typeof message === "string" ? message : ""
      const space = text.indexOf(" ")
      this.#settle(Number(text.slice(0, space)), Exit.succeed(text.slice(space + 1)))
    })
    const end = (how: string) => {
      this.#ended = how
      for (const call of this.#calls.keys()) this.#settle(call, Exit.die(new Error(how)))
    }
    this.#child.on("error", (error) => end(`the endpoints' process fails: ${error.message}`))
    this.#child.on("exit", (code, signal) => end(`the endpoints' process ended by ${signal ?? `exit code ${code}`}`))
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  ask<O extends Operation>(endpoint: number, operation: O, ...input: Input<O>): Effect.Effect<Output<O>> {
    return Effect.map(
      Effect.callback<string>((resume) => {
        if (this.#ended !== undefined) return resume(Effect.die(new Error(this.#ended)))
        const call = ++this.#newestCall
        this.#calls.set(call, resume)
        this.#child.channel?.ref() // somebody waits for the reply
        const command: Command<O> = { call, endpoint, operation, input }
        this.#child.send(JSON.stringify(command))
        return Effect.sync(() => this.#forget(call))
      }),
      (text) => {
        const output: Output<O> = JSON.parse(text)
        return output
      }
    )
  }

  #settle(call: number, answer: Exit.Exit<string>): void {
    const resume = this.#calls.get(call)
    this.#forget(call)
    resume?.(answer)
  }

  #forget(call: number): void {
    this.#calls.delete(call)
    if (this.#calls.size === 0) this.#child.channel?.unref()
  }
}

let current: EndpointProcess | undefined

export const endpointProcess: Effect.Effect<EndpointProcess> = Effect.sync(() => {
  if (current === undefined || current.hasEnded) current = new EndpointProcess()
  return current
})
