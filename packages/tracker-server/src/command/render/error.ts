import { fitted, harmless } from "./text.ts"

/** What an error of any form says. */
export const errorText = (error: unknown): string =>
  typeof error === "string"
    ? error
    : typeof error === "object" && error !== null && "message" in error && typeof error.message === "string"
    ? error.message
    : JSON.stringify(error) ?? ""

/** Cells of it beside an event; the task and `--json` have the whole text. */
const longest = 200

/** What the error of an event says, for one line; empty where it has none. */
export const eventError = (data: unknown): string =>
  typeof data === "object" && data !== null && "error" in data && data.error !== null
    ? fitted(harmless(errorText(data.error)), longest)
    : ""
