import type { Flag } from "effect/cli"

/** The parsed flag values that a command's handler receives. */
export type FlagValues<Flags> = { readonly [name in keyof Flags]: Flags[name] extends Flag.Flag<infer A> ? A : never }
