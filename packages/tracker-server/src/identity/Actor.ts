/** Who did something, as the audit log names it: an API key's id, `cli`, or `server` for what a start does by itself. */
export type Actor = string

/** Whether somebody did it with an API key. */
export const isKey = (actor: Actor): boolean => actor !== "cli" && actor !== "server"
