/** A thread that has opened its file and ends at the first thing that it is asked. */
import { parentPort } from "node:worker_threads"

parentPort?.postMessage({ _tag: "Opened" })
parentPort?.once("message", () => process.exit(1))
