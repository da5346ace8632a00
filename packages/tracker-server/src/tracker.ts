#!/usr/bin/env node
// Importing all of platform-node takes longer than answering most queries.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Exit } from "effect"
import { layerProcess } from "./command/Output.ts"
import { run } from "./command/run.ts"
import { isTailing } from "./command/tailCommand.ts"

/** Exit code for an interrupt by shell convention: 128 plus the number of SIGINT. */
const interrupted = 130

NodeRuntime.runMain(Effect.provide(run(process.argv.slice(2)), [NodeServices.layer, layerProcess]), {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? Number(exit.value) : isTailing() ? 0 : interrupted)
})
