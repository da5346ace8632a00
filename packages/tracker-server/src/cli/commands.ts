import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import { version } from "../version.ts"
import { auditFlags, runAudit } from "./auditCommand.ts"
import { sharedFlags, startFlags } from "./flags.ts"
import { createFlags, revokeArguments, runCreate, runList, runRevoke } from "./keysCommands.ts"
import { runMigrate } from "./migrateCommand.ts"
import { rebuildFlags, runRebuild } from "./rebuildCommand.ts"
import { listFlags, replayFlags, runRejectedList, runReplay } from "./rejectedCommands.ts"
import { runStart } from "./startCommand.ts"
import { eraseParameters, runErase } from "./tenantsCommands.ts"

/** The root command. It runs `start` if no command is named, so it accepts those flags too. */
const root = Command.make("tracker-server", startFlags).pipe(Command.withSharedFlags(sharedFlags))

const start = Command.make(
  "start",
  startFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runStart({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("Ingest events and answer queries over HTTP until stopped (the default)"))

const migrate = Command.make(
  "migrate",
  {},
  Effect.fnUntraced(function*() {
    yield* runMigrate(yield* root)
  })
).pipe(Command.withDescription("Migrate the database to this version's schema and exit"))

const create = Command.make(
  "create",
  createFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runCreate({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("Create an API key and print its secret, only this once"))

const list = Command.make(
  "list",
  {},
  Effect.fnUntraced(function*() {
    yield* runList(yield* root)
  })
).pipe(Command.withDescription("List all keys, without their secrets"))

const revoke = Command.make(
  "revoke",
  revokeArguments,
  Effect.fnUntraced(function*({ id }) {
    yield* runRevoke({ ...(yield* root), id })
  })
).pipe(Command.withDescription("Revoke a key permanently"))

const keys = Command.make("keys").pipe(
  Command.withDescription("API keys; works beside a running server and without one"),
  Command.withSubcommands([create, list, revoke])
)

const rebuild = Command.make(
  "rebuild",
  rebuildFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runRebuild({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("Derive plans and tasks again from the retained events, and correct what differs"))

const erase = Command.make(
  "erase",
  eraseParameters,
  Effect.fnUntraced(function*(flags) {
    yield* runErase({ ...(yield* root), ...flags })
  })
).pipe(
  Command.withDescription("Show how much data a tenant has and, with --yes, permanently delete all of it and its keys")
)

const tenants = Command.make("tenants").pipe(
  Command.withDescription("Tenants; works beside a running server and without one"),
  Command.withSubcommands([erase])
)

const listRejected = Command.make(
  "list",
  listFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runRejectedList({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("Count rejected events by reason and show the newest"))

const replayRejected = Command.make(
  "replay",
  replayFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runReplay({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("Replay rejected events under today's rules and store those that are now valid"))

const rejected = Command.make("rejected").pipe(
  Command.withDescription("Rejected events; works beside a running server and without one"),
  Command.withSubcommands([listRejected, replayRejected])
)

const listAudit = Command.make(
  "list",
  auditFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runAudit({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("Show who created and revoked keys and who erased tenants"))

const audit = Command.make("audit").pipe(
  Command.withDescription("What was done to keys and tenants; works beside a running server and without one"),
  Command.withSubcommands([listAudit])
)

const printVersion = Command.make("version", {}, () => Console.log(version)).pipe(
  Command.withDescription("Print the version")
)

/** The whole command line. */
export const trackerServer = root.pipe(
  Command.withHandler(runStart),
  Command.withDescription("Stores tracking events in PostgreSQL and answers what happened"),
  Command.withSubcommands([start, migrate, keys, tenants, rejected, audit, rebuild, printVersion])
)
