#!/usr/bin/env node
// All of platform-node takes longer to load than most questions to answer.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Exit } from "effect"
import { layerProcess } from "./command/Output.ts"
import { run } from "./command/run.ts"
import { isTailing } from "./command/tailCommand.ts"

/** By a signal, as shells have it: 128 and the number of SIGINT. */
const interrupted = 130

NodeRuntime.runMain(Effect.provide(run(process.argv.slice(2)), [NodeServices.layer, layerProcess]), {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? Number(exit.value) : isTailing() ? 0 : interrupted)
})
