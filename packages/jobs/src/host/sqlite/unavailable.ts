import { HostUnavailable } from "../../errors.ts"
import { FileGone } from "./ownedFile.ts"
import { codeOf, codes, detailOf } from "./resultCodes.ts"

const problemOf = (filename: string, what: string, cause: unknown): string => {
  if (cause instanceof FileGone) {
    return `The SQLite file ${filename} was removed or replaced while it was open, so that ${what} would be lost. ` +
      "Stop the program, put the file back and start it again."
  }
  switch (codeOf(cause)) {
    case codes.full:
      return `The disk of the SQLite file ${filename} is full: ${what} was not stored. Free some space, then ask again.`
    case codes.readOnly:
      return `The SQLite file ${filename} can only be read: ${what} was not stored. Make it and its folder writable.`
    case codes.tooBig:
      return `The SQLite file ${filename} cannot hold ${what}: it is larger than SQLite stores. Make the state smaller.`
    default:
      return `The SQLite file ${filename} failed at ${what} (${detailOf(cause)}). Check the disk and the file.`
  }
}

/** What the file did not do, in words that say what to do. */
export const unavailable = (filename: string) => (what: string, cause: unknown, instanceId?: string): HostUnavailable =>
  new HostUnavailable({
    host: "sqlite",
    problem: problemOf(filename, instanceId === undefined ? what : `${what} of ${instanceId}`, cause),
    ...(instanceId === undefined ? {} : { instanceId }),
    cause
  })
