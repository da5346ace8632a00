import type { Flag } from "effect/cli"

/** What a command's handler gets for its flags. */
export type FlagValues<Flags> = { readonly [name in keyof Flags]: Flags[name] extends Flag.Flag<infer A> ? A : never }
