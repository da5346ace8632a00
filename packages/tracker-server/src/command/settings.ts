import { Effect, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { apiKey, dataDirectory, type Given, readSetting, type Setting } from "../config.ts"

/** The server and the credentials to use. */
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

/** The key that a server with its own database keeps for whoever may read its data directory. */
const keptKey = (directory: string) =>
  Effect.sync(() => {
    try {
      const text = readFileSync(join(directory, "api-key"), "utf8").trim()
      return text === "" ? Option.none() : Option.some(Redacted.make(text))
    } catch {
      return Option.none()
    }
  })

/**
 * The key in the default directory applies only to a server on this machine, since the directory may be that server's.
 */
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
