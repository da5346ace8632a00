/**
 * Who did something, as the audit log records it: an API key's id, `cli`, or `server` for what startup does by itself.
 */
export type Actor = string

/** Whether the actor is an API key. */
export const isKey = (actor: Actor): boolean => actor !== "cli" && actor !== "server"
