/** The thread of one SQLite file, started by `threadLink`. Elsewhere it does nothing. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import { failureOf } from "./failures.ts"
import type { ReadOutcome, WriteOutcome } from "./requests.ts"
import { openSqliteFile, type SqliteFile } from "./SqliteFile.ts"
import type { FromThread, ToThread } from "./threadMessages.ts"

const readOf = (outcome: ReadOutcome) => "answer" in outcome && outcome.answer === undefined ? undefined : outcome

const writtenOf = (outcome: WriteOutcome) =>
  "answer" in outcome && typeof outcome.answer !== "object" ? outcome.answer : outcome

const serve = (port: MessagePort, tell: (message: FromThread) => void, file: SqliteFile) => {
  const receive = (): ToThread | undefined => receiveMessageOnPort(port)?.message
  port.on("message", (first: ToThread) => {
    // Requests that have arrived meanwhile share the transaction.
    const messages = [first]
    for (let next = receive(); next !== undefined; next = receive()) messages.push(next)
    const reads = messages.flatMap(({ reads }) => reads)
    const writes = messages.flatMap(({ writes }) => writes)
    // First, since readers need not wait for the disk.
    if (reads.length > 0) tell({ _tag: "Read", outcomes: reads.map((request) => readOf(file.read(request))) })
    if (writes.length > 0) tell({ _tag: "Written", outcomes: file.write(writes).map(writtenOf) })
    if (messages.some(({ close }) => close)) {
      file.close()
      port.close()
    }
  })
}

const start = (port: MessagePort, filename: string) => {
  const tell = (message: FromThread) => port.postMessage(message)
  try {
    serve(port, tell, openSqliteFile(filename))
    tell({ _tag: "Opened" })
  } catch (cause) {
    tell({ _tag: "NotOpened", failure: failureOf(cause) })
  }
}

if (parentPort !== null) start(parentPort, String(workerData))
