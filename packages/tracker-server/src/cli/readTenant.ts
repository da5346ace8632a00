import { Effect } from "effect"
import { InvalidSetting } from "../config.ts"
import { isTenantId } from "../identity/isTenantId.ts"

/** A tenant's name from the command line. */
export const readTenant = (name: string, text: string): Effect.Effect<string, InvalidSetting> =>
  isTenantId(text)
    ? Effect.succeed(text)
    : Effect.fail(new InvalidSetting({ name, expected: "a name of 1 to 255 bytes", value: text }))
