import { runProgram } from "@durable-effect/test-support/running-program"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const script = readFileSync(new URL("tour.sh", import.meta.url), "utf8")

/** `npm run -s tracker -- …` without what npm takes to begin, and curl for machines that have none. */
const shortcuts = `
cd '${root}'
npm() { shift 4; '${process.execPath}' --conditions=source packages/tracker-server/src/tracker.ts "$@"; }
curl() { '${process.execPath}' -e '
  const [, name, value = ""] = /^-sS -H (\\S+): (.*)$/.exec(process.argv.slice(1, 4).join(" ")) ?? []
  const answer = await fetch(process.argv[4], { headers: { [name]: value } })
  if (!answer.ok) throw new Error(await answer.text())
  process.stdout.write(await answer.text())' -- "$@"; }
`

/** Asks all that the README's tour asks, in its words, until something fails. */
export const takeTour = (url: string, apiKey: string) =>
  runProgram("sh", ["-euc", shortcuts + script], { TRACKER_URL: url, TRACKER_API_KEY: apiKey }).ended
