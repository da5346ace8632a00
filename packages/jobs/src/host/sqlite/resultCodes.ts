import { Predicate } from "effect"

/** Primary result codes of SQLite that tell what to do. */
export const codes = { busy: 5, readOnly: 8, full: 13, tooBig: 18, notADatabase: 26 } as const

/** The primary code of what `node:sqlite` threw; 0 for anything else. */
export const codeOf = (cause: unknown): number =>
  Predicate.hasProperty(cause, "errcode") ? Number(cause.errcode) & 0xff : 0

export const detailOf = (cause: unknown): string => Predicate.isError(cause) ? cause.message : String(cause)
