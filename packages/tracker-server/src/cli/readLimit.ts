import { Effect } from "effect"
import { InvalidSetting } from "../config.ts"

/** The maximum number of entries a command shows. */
export const maxShown = 500

/** The number of entries to show, from `--limit`. */
export const readLimit = (limit: number): Effect.Effect<number, InvalidSetting> =>
  limit >= 0 && limit <= maxShown
    ? Effect.succeed(limit)
    : Effect.fail(
      new InvalidSetting({ name: "--limit", expected: `a whole number from 0 to ${maxShown}`, value: String(limit) })
    )
