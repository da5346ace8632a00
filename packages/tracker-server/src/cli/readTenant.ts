import { Effect } from "effect"
import { Buffer } from "node:buffer"
import { InvalidSetting } from "../config.ts"

/** A tenant's name as a command line gives it. */
export const readTenant = (name: string, text: string): Effect.Effect<string, InvalidSetting> =>
  /^[^\p{Cc}\p{Cs}]+$/u.test(text) && Buffer.byteLength(text) <= 255
    ? Effect.succeed(text)
    : Effect.fail(new InvalidSetting({ name, expected: "a name of 1 to 255 bytes", value: text }))
