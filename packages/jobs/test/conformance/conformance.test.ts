import { storages } from "../support/storages.ts"
import { tables } from "./cases/tables.ts"
import { conformanceSuite } from "./conformanceSuite.ts"

for (const storage of storages) conformanceSuite(storage, tables)
