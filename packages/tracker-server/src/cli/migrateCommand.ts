import { Console } from "effect"
import type { sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"
import { withStore } from "./withStore.ts"

export const runMigrate = (flags: FlagValues<typeof sharedFlags>) =>
  withStore(flags, (database, migrated) =>
    Console.log(
      migrated.length === 0
        ? `${database.where} is up to date`
        : `${database.where} is migrated: ${migrated.join(", ")}`
    ))
