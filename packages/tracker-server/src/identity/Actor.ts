/** Who did something, as the audit log names it: an API key's id, `cli`, or `server` for what a start does by itself. */
export type Actor = string
