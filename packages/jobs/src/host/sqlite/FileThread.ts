import { Worker } from "node:worker_threads"
import { endOfThread } from "./failures.ts"
import { RequestQueue } from "./RequestQueue.ts"
import type {
  FileFailure,
  ReadAnswers,
  ReadOutcome,
  ReadRequest,
  WriteAnswers,
  WriteOutcome,
  WriteRequest
} from "./requests.ts"
import type { FromThread, ToThread } from "./threadMessages.ts"

/** Maximum requests waiting to be sent together, so that the thread has work while more is being prepared. */
const enoughAtOnce = 32

/** How long a deferrable write waits for another to join, milliseconds. */
const patienceMs = 5

const nothing = { answer: undefined }

const writeOutcomeOf = (told: WriteOutcome | number | undefined): WriteOutcome => {
  if (told === undefined) return nothing
  return typeof told === "number" ? { answer: told } : told
}

/** Sends requests to a thread that has the file open, many at a time. */
export class FileThread {
  readonly #worker: Worker
  readonly #reads = new RequestQueue<ReadRequest, ReadAnswers[keyof ReadAnswers]>()
  readonly #writes = new RequestQueue<WriteRequest, WriteAnswers[keyof WriteAnswers]>()
  #isFlushing = false
  #patience: NodeJS.Timeout | undefined
  #isClosing = false
  #hasExited = false
  /** Why nothing is answered any more. */
  #ended: FileFailure | undefined

  constructor(of: URL, filename: string, onOpened: (failure?: FileFailure) => void) {
    this.#worker = new Worker(of, { workerData: filename })
    const end = (failure: FileFailure) => {
      this.#ended = failure
      onOpened(failure)
      this.#reads.failAll(failure)
      this.#writes.failAll(failure)
    }
    this.#worker.on("error", (cause) => end(endOfThread(cause)))
    this.#worker.on("exit", (code) => {
      this.#hasExited = true
      end(this.#ended ?? endOfThread(this.#isClosing ? "it was closed" : `exit code ${code}`))
    })
    // It is unknown whose answer it was, so the following answers could be given to the wrong callers.
    this.#worker.on("messageerror", (cause) => {
      end(endOfThread(cause))
      this.#post({ reads: [], writes: [], close: true })
    })
    this.#worker.on("message", (message: FromThread) => {
      switch (message._tag) {
        case "Opened":
          this.#restIfIdle()
          return onOpened()
        case "NotOpened":
          return end(message.failure)
        case "Read":
          this.#reads.answer(message.outcomes.map((outcome) => outcome ?? nothing))
          return this.#restIfIdle()
        case "Written":
          this.#writes.answer(message.outcomes.map(writeOutcomeOf))
          return this.#restIfIdle()
      }
    })
  }

  read(request: ReadRequest, done: (outcome: ReadOutcome) => void) {
    if (this.#ended !== undefined) return done({ failure: this.#ended })
    this.#stayUp()
    this.#reads.add(request, done)
    this.#flushSoon()
  }

  write(
    request: WriteRequest,
    done: (outcome: WriteOutcome) => void,
    canWait: boolean
  ) {
    if (this.#ended !== undefined) return done({ failure: this.#ended })
    this.#stayUp()
    this.#writes.add(request, done)
    if (canWait) this.#patience ??= setTimeout(this.#flush, patienceMs)
    else this.#flushSoon()
  }

  close(onClosed: () => void) {
    if (this.#hasExited) return onClosed()
    this.#isClosing = true
    this.#worker.ref()
    this.#worker.once("exit", onClosed)
    this.#flush()
    this.#post({ reads: [], writes: [], close: true })
  }

  readonly #flush = () => {
    this.#isFlushing = false
    clearTimeout(this.#patience)
    this.#patience = undefined
    if (this.#reads.size + this.#writes.size > 0) {
      this.#post({ reads: this.#reads.take(), writes: this.#writes.take(), close: false })
    }
  }

  #flushSoon() {
    if (this.#reads.size + this.#writes.size >= enoughAtOnce) return this.#flush()
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(this.#flush)
  }

  #post(message: ToThread) {
    this.#worker.postMessage(message)
  }

  /** A program that waits for nothing else may exit. */
  #stayUp() {
    if (this.#reads.isIdle && this.#writes.isIdle) this.#worker.ref()
  }

  /** Closing the file waits for the thread's end. */
  #restIfIdle() {
    if (!this.#isClosing && this.#reads.isIdle && this.#writes.isIdle) this.#worker.unref()
  }
}
