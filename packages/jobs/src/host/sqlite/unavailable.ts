import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { HostUnavailable } from "../../errors.ts"
import type { FileFailure } from "./requests.ts"
import { codes } from "./resultCodes.ts"

/** Why the file cannot be opened, in words that say what to do. */
const openingProblem = (filename: string, { code, message }: FileFailure): string => {
  const folder = dirname(filename)
  switch (code) {
    case codes.refused:
      return message
    case codes.busy:
      return `Another process owns the SQLite file ${filename}. Stop it, or give this one a file of its own.`
    case codes.wrongStatement:
    case codes.damaged:
      return `The tables of the SQLite file ${filename} are missing or damaged (${message}). Put back a copy of it from ` +
        "before, or choose another filename."
    case codes.notADatabase:
      return `${filename} is not a SQLite file. Choose another filename.`
    case codes.readOnly:
      return `The SQLite file ${filename} cannot be written. Make it and its folder writable.`
    case codes.full:
      return `The disk of ${filename} is full, so that the file cannot be made or brought up to date. Free some space.`
    case codes.threadEnded:
      return `The thread of the SQLite file ${filename} did not start (${message}). Start the program again, or set thread: false.`
    case codes.noThreadProgram:
      return `The program for the thread of the SQLite file ${filename} is missing. Put @durable-effect/jobs/sqlite-thread, ` +
        "bundled as durable-effect-sqlite-thread.js, beside the ES module that uses it, or set thread: false."
  }
  if (!existsSync(folder)) return `The folder ${folder} does not exist. Create it, or choose another filename.`
  if (statSync(filename, { throwIfNoEntry: false })?.isDirectory() === true) {
    return `${filename} is a folder. Give the name of a file in it.`
  }
  return `The SQLite file ${filename} cannot be opened for writing (${message}). Check the permissions of it and of its folder.`
}

export const notOpened = (filename: string) => (failure: FileFailure): HostUnavailable =>
  new HostUnavailable({ host: "sqlite", problem: openingProblem(filename, failure), cause: failure })

const problemOf = (filename: string, what: string, { code, message }: FileFailure): string => {
  switch (code) {
    case codes.fileGone:
      return `The SQLite file ${filename} was removed or replaced while it was open, so that ${what} would be lost. ` +
        "Stop the program, put the file back and start it again."
    case codes.logGone:
      return `The file ${filename}-wal was removed or replaced while it was open, so that ${what} would be lost with the ` +
        "next crash. Stop the program in order, which keeps what was stored before, and start it again."
    case codes.threadEnded:
      return `The thread of the SQLite file ${filename} has ended (${message}): ${what} was not answered. Start the program again.`
    case codes.full:
      return `The disk of the SQLite file ${filename} is full: ${what} was not stored. Free some space, then ask again.`
    case codes.readOnly:
      return `The SQLite file ${filename} can only be read: ${what} was not stored. Make it and its folder writable.`
    case codes.tooBig:
      return `The SQLite file ${filename} cannot hold ${what}: it is larger than SQLite stores. Make the state smaller.`
    default:
      return `The SQLite file ${filename} failed at ${what} (${message}). Check the disk and the file.`
  }
}

/** What the file failed to do, in words that say what to do. */
export const unavailable =
  (filename: string) => (what: string, failure: FileFailure, instanceId?: string): HostUnavailable =>
    new HostUnavailable({
      host: "sqlite",
      problem: problemOf(filename, instanceId === undefined ? what : `${what} of ${instanceId}`, failure),
      ...(instanceId === undefined ? {} : { instanceId }),
      cause: failure
    })
