import { Effect, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { apiKey, dataDirectory, type Given, readSetting, type Setting } from "../config.ts"

/** Which server is asked, and as whom. */
export interface ClientSettings {
  readonly url: string
  readonly apiKey: Option.Option<Redacted.Redacted>
}

const url: Setting<string> = {
  flag: "url",
  env: "TRACKER_URL",
  expected: "where tracker-server is, such as http://127.0.0.1:8084",
  parse: (text) => /^https?:\/\//.test(text) && URL.canParse(text) ? text.replace(/\/+$/, "") : undefined
}

/** The key that a server with a database of its own keeps for who may read its folder. */
const keptKey = (directory: string) =>
  Effect.sync(() => {
    try {
      const text = readFileSync(join(directory, "api-key"), "utf8").trim()
      return text === "" ? Option.none() : Option.some(Redacted.make(text))
    } catch {
      return Option.none()
    }
  })

/** The key of a folder that nobody named is for the server of this machine, whose folder it may be. */
const isThisMachine = (url: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname)

export const readClientSettings = Effect.fnUntraced(function*(given: Given) {
  const server = Option.getOrElse(yield* readSetting(given, url), () => "http://127.0.0.1:8084")
  const key = yield* readSetting(given, apiKey)
  const folder = yield* readSetting(given, dataDirectory)
  const settings: ClientSettings = {
    url: server,
    apiKey: Option.isSome(key)
      ? key
      : Option.isSome(folder)
      ? yield* keptKey(folder.value)
      : isThisMachine(server)
      ? yield* keptKey("./.tracker")
      : Option.none()
  }
  return settings
})
