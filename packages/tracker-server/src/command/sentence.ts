import { Cause, Option } from "effect"
import type { ClientError } from "../client/index.ts"
import { InvalidSetting } from "../config.ts"
import { harmless } from "./render/text.ts"
import type { ClientSettings } from "./settings.ts"

/** The subject of a query, and where others of its kind are listed. */
export interface Subject {
  readonly kind: "plan" | "task"
  readonly id: string
}

/** Ids that no URL can carry, and that nothing has. */
export const isNoId = (id: string): boolean => /^\.{0,2}$/.test(id)

export const unknown = ({ id, kind }: Subject): string =>
  kind === "plan"
    ? `There is no plan or job instance ${harmless(id)}; \`tracker plans\` shows the newest.`
    : `There is no task ${harmless(id)}; \`tracker tasks PLAN\` shows those of a plan.`

/** The server names request parameters; on the command line they are flags, and nothing is escaped. */
const inFlags = (detail: string): string =>
  detail
    .replace(/^(since|period|limit)\b/, "--$1")
    .replace(/^Last-Event-ID\b/, "--after")
    .replace(/; write a \+ of it as %2B/, "")

/** The problem of an address whose path is wrong. */
const noSuchRoute = "urn:durable-effect:problem:no-such-route"

const nobodyAt = (url: string): string =>
  `There is no tracker-server at ${url}: give its address by --url or TRACKER_URL.`

/** One sentence that says what went wrong with a query and what to do. */
export const sentenceOf = (error: ClientError, { apiKey, url }: ClientSettings, subject?: Subject): string => {
  switch (error._tag) {
    case "Unreachable":
      return `${error.problem}: start tracker-server, or give its address by --url or TRACKER_URL.`
    case "UnexpectedAnswer":
      if (error.status === 404) return nobodyAt(url)
      return `${url} answers${
        error.status === undefined ? "" : ` ${error.status}`
      }, but not as tracker-server does: give its address by --url or TRACKER_URL, or take a \`tracker\` of its version.`
    case "Unauthorized":
      return Option.isSome(apiKey)
        ? `${url} does not know this API key: give another by --api-key or TRACKER_API_KEY; \`tracker-server keys create --tenant default --scope query\` makes one.`
        : `${url} asks for an API key: give it by --api-key or TRACKER_API_KEY, or name the server's folder by --data-dir.`
    case "NotFound":
      return subject === undefined ? harmless(error.detail) : unknown(subject)
    case "OtherProblem":
      return error.type === noSuchRoute ? nobodyAt(url) : harmless(error.detail)
    case "BadRequest":
      return harmless(inFlags(error.detail))
    default:
      return harmless(error.detail)
  }
}

/** One sentence for anything that can end the command. */
export const sentence = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (error instanceof InvalidSetting || error instanceof Complaint) return error.message
  return `tracker met an error that it does not know: ${error instanceof Error ? error.message : String(error)}.`
}

/** A message that ends the command. */
export class Complaint extends Error {
  readonly _tag = "Complaint"
  /** Whether the call has to be changed: the server cannot read what the flags say. */
  readonly isMisuse: boolean

  constructor(message: string, isMisuse = false) {
    super(message)
    this.isMisuse = isMisuse
  }
}

/** The end of a command whose query failed. */
export const complaintAbout = (error: ClientError, settings: ClientSettings, subject?: Subject): Complaint =>
  new Complaint(sentenceOf(error, settings, subject), error._tag === "BadRequest")
