import { Refused } from "./openDatabase.ts"
import { FileGone, LogGone } from "./ownedFile.ts"
import type { FileFailure } from "./requests.ts"
import { codes } from "./resultCodes.ts"

/** The code of an error thrown by `node:sqlite`; 0 for anything else. */
const codeOf = (cause: unknown): number => {
  if (cause instanceof FileGone) return codes.fileGone
  if (cause instanceof LogGone) return codes.logGone
  if (cause instanceof Refused) return codes.refused
  return typeof cause === "object" && cause !== null && "errcode" in cause ? Number(cause.errcode) & 0xff : 0
}

const messageOf = (cause: unknown) => cause instanceof Error ? cause.message : String(cause)

/** A thrown error, in a form that can be sent between threads. */
export const failureOf = (cause: unknown): FileFailure => ({ message: messageOf(cause), code: codeOf(cause) })

/** What has ended a thread, or kept it from starting. */
export const endOfThread = (cause: unknown): FileFailure => ({ message: messageOf(cause), code: codes.threadEnded })
