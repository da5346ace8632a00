import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Exit } from "effect"
import { stopBudget } from "../stopBudget.ts"
import { run } from "./run.ts"
import { isServing } from "./startCommand.ts"

/** A server that is told to stop has done its work, a command has not. A second signal stops it at once. */
let signals = 0
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (++signals > 1) process.exit(1)
    // Whatever hangs, a supervisor never has to wait longer than this.
    setTimeout(() => process.exit(1), stopBudget.totalMs).unref()
  })
}

NodeRuntime.runMain(Effect.provide(run(process.argv.slice(2)), NodeServices.layer), {
  disableErrorReporting: true,
  teardown: (exit, onExit) => {
    if (Exit.isSuccess(exit)) onExit(Number(exit.value))
    else onExit(signals > 0 && isServing() ? 0 : 1)
  }
})
