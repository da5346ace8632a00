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

export const readClientSettings = Effect.fnUntraced(function*(given: Given) {
  const settings: ClientSettings = {
    url: Option.getOrElse(yield* readSetting(given, url), () => "http://127.0.0.1:8084"),
    apiKey: yield* Effect.flatMap(
      readSetting(given, apiKey),
      Option.match({
        onSome: (key) => Effect.succeedSome(key),
        onNone: () =>
          Effect.flatMap(
            readSetting(given, dataDirectory),
            (folder) => keptKey(Option.getOrElse(folder, () => "./.tracker"))
          )
      })
    )
  }
  return settings
})
