/**
 * Primary SQLite result codes that determine what to do, and some of our own: the file, or the log beside it, was
 * removed or replaced while open, this version does not use the file, and what happened to its thread.
 */
export const codes = {
  fileGone: -1,
  refused: -2,
  logGone: -3,
  threadEnded: -4,
  noThreadProgram: -5,
  /** From a correct statement, if the tables are not as it requires. */
  wrongStatement: 1,
  busy: 5,
  readOnly: 8,
  damaged: 11,
  full: 13,
  tooBig: 18,
  notADatabase: 26
} as const
