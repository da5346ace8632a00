import { Effect } from "effect"
import { InvalidSetting } from "../config.ts"

/** The most that a command shows at once. */
export const maxShown = 500

/** How much a command is to show, as its `--limit` gives it. */
export const readLimit = (limit: number): Effect.Effect<number, InvalidSetting> =>
  limit >= 0 && limit <= maxShown
    ? Effect.succeed(limit)
    : Effect.fail(
      new InvalidSetting({ name: "--limit", expected: `a whole number from 0 to ${maxShown}`, value: String(limit) })
    )
