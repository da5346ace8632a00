import { fitted, harmless } from "./text.ts"

/** The message of an error of any form. */
export const errorText = (error: unknown): string =>
  typeof error === "string"
    ? error
    : typeof error === "object" && error !== null && "message" in error && typeof error.message === "string"
    ? error.message
    : JSON.stringify(error) ?? ""

/** Maximum cells shown beside an event; the task and `--json` have the whole text. */
const longest = 200

/** An event's error message on one line; empty if there is none. */
export const eventError = (data: unknown): string =>
  typeof data === "object" && data !== null && "error" in data && data.error !== null
    ? fitted(harmless(errorText(data.error)), longest)
    : ""
