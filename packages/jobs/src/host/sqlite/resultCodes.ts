/**
 * Primary result codes of SQLite that tell what to do, and some of ours: the file, or the log beside it, was removed or
 * replaced while it was open, the file is one that this version does not use, and what became of its thread.
 */
export const codes = {
  fileGone: -1,
  refused: -2,
  logGone: -3,
  threadEnded: -4,
  noThreadProgram: -5,
  /** Of a statement that is right, where the tables are not as it needs them. */
  wrongStatement: 1,
  busy: 5,
  readOnly: 8,
  damaged: 11,
  full: 13,
  tooBig: 18,
  notADatabase: 26
} as const
