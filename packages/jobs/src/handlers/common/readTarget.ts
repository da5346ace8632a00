import type { JobType } from "@durable-effect/core"
import { Effect } from "effect"
import { InvalidInput } from "../../errors.ts"
import { instanceIdFor } from "../../JobRequest.ts"
import type { Target } from "../../requests/Target.ts"
import { unstorableText } from "../../unstorableText.ts"

const utf8 = new TextEncoder()
const maxInstanceIdBytes = 255

const problemOf = (request: Target<JobType>): string | undefined => {
  const { id } = request
  if (typeof id !== "string" || id === "") return "must be a text that is not empty"
  const unstorable = unstorableText(id)
  if (unstorable !== undefined) return unstorable
  const instanceId = instanceIdFor(request)
  if (instanceId.length * 3 <= maxInstanceIdBytes) return undefined
  const bytes = utf8.encode(instanceId).byteLength
  return bytes <= maxInstanceIdBytes
    ? undefined
    : `makes an instance id of ${bytes} bytes; the most is ${maxInstanceIdBytes}`
}

/** The instance that a request is about, or what is wrong with its id. */
export const readTarget = (request: Target<JobType>): Effect.Effect<string, InvalidInput> => {
  const problem = problemOf(request)
  return problem === undefined
    ? Effect.succeed(instanceIdFor(request))
    : Effect.fail(new InvalidInput({ target: `${request.type}:${request.name}`, field: "id", problem }))
}
