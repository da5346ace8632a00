/**
 * Primary result codes of SQLite that tell what to do, and two of ours: the file was removed or replaced while it was
 * open, or is one that this version does not use.
 */
export const codes = {
  fileGone: -1,
  refused: -2,
  busy: 5,
  readOnly: 8,
  full: 13,
  tooBig: 18,
  notADatabase: 26
} as const
