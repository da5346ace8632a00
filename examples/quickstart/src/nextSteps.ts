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
  const questions = [
    `plan ${instances.audit}`,
    `tasks ${instances.summary}`,
    `timeline ${instances.check}`,
    "agents"
  ]
  // Lines to copy have no comments: a shell that reads from a person may take them for arguments.
  return [
    ...(keep
      ? ["Ask more, in another terminal"]
      : [
        "Ask more: start the server again on the same data, and ask in another terminal",
        "  npm run tracker-server\n"
      ]),
    `  export TRACKER_URL=${address} TRACKER_API_KEY=${apiKey}`,
    ...questions.map((question) => `  npm run -s tracker -- ${question}`),
    `  curl -H "Authorization: Bearer $TRACKER_API_KEY" "$TRACKER_URL/v1/tracker/plans/${instances.audit}"`,
    `All that can be asked: ${address}/docs`,
    `The API key is kept in ${directory}/api-key.${keep ? " The server stays up until Ctrl-C." : ""}`
  ].join("\n")
}
