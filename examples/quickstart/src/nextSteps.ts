import { instances } from "./instances.ts"

interface Options {
  readonly keep: boolean
  readonly url: string
  readonly apiKey: string
  readonly directory: string
}

/** What a person can ask next, as lines to copy. */
export const nextSteps = ({ apiKey, directory, keep, url }: Options): string => {
  const address = keep ? url : "http://127.0.0.1:8084"
  const tracker = `${address}/v1/tracker`
  const questions = [
    `${tracker}/plans/${instances.summary}`,
    `${tracker}/plans/${instances.audit}/tasks`,
    `${tracker}/plans/${instances.check}/timeline`,
    `${tracker}/metrics?agent_id=packageAudit`
  ]
  return [
    "Ask more",
    ...(keep ? [] : ["  npm run tracker-server            # starts the server again on the same data"]),
    `  URL      ${address}`,
    `  API key  ${apiKey}   (kept in ${directory}/api-key)`,
    `  KEY=$(cat ${directory}/api-key)`,
    ...questions.map((url) => `  curl -H "Authorization: Bearer $KEY" "${url}"`),
    `  curl ${address}/openapi.json`,
    ...(keep ? ["The server stays up until Ctrl-C."] : [])
  ].join("\n")
}
