/** The thread of one SQLite file: what `threadLink` starts. */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import { failureOf } from "./failures.ts"
import type { WriteOutcome } from "./requests.ts"
import { openSqliteFile } from "./SqliteFile.ts"
import type { FromThread, ToThread } from "./threadMessages.ts"

const tell = (message: FromThread) => parentPort?.postMessage(message)

const toldOf = (outcome: WriteOutcome) => "answer" in outcome && outcome.answer === undefined ? undefined : outcome

const serve = (filename: string) => {
  const file = openSqliteFile(filename)
  tell({ _tag: "Opened" })
  parentPort?.on("message", (first: ToThread) => {
    // What has come meanwhile shares the transaction.
    const messages = [first]
    for (let next = receive(); next !== undefined; next = receive()) messages.push(next)
    const reads = messages.flatMap(({ reads }) => reads)
    const writes = messages.flatMap(({ writes }) => writes)
    // First, since who reads has not to wait for the disk.
    if (reads.length > 0) tell({ _tag: "Read", outcomes: reads.map(file.read) })
    if (writes.length > 0) tell({ _tag: "Written", outcomes: file.write(writes).map(toldOf) })
    if (messages.some(({ close }) => close)) {
      file.close()
      parentPort?.close()
    }
  })
}

const receive = (): ToThread | undefined => parentPort === null ? undefined : receiveMessageOnPort(parentPort)?.message

try {
  serve(String(workerData))
} catch (cause) {
  tell({ _tag: "NotOpened", failure: failureOf(cause) })
}
