import { fillTenant, settle } from "@durable-effect/test-support/filled-tenant"
import { natsServer } from "@durable-effect/test-support/nats"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Options } from "../../harness/src/options.ts"
import { runInOwnProcess } from "../../harness/src/ownProcess.ts"
import { startPostgres } from "../../harness/src/servers/postgres.ts"
import { syncMs } from "../../harness/src/syncMs.ts"
import { tempFolder } from "../../harness/src/tempFolder.ts"
import { flagsOf, type ProfileTarget } from "../../harness/src/timed.ts"
import { type ContenderName, contenderOf } from "./contenders/index.ts"
import { fill } from "./database/fill.ts"
import { onDatabase, runOn, versionOf, withDatabase } from "./database/onDatabase.ts"
import { readTimeline } from "./database/timelineRows.ts"
import { startTrackerServer } from "./database/TrackerServer.ts"
import type { Job, Target } from "./Job.ts"
import type { Filled } from "./plan.ts"
import { TimelineRowsFile } from "./traffic/TimelineRows.ts"

/** The program of a contender. */
export const worker = new URL("./worker.ts", import.meta.url)

/** Databases that last for the whole suite; that of a run is a copy of one of them. */
const databases = { tables: "tables", tape: "tape", few: "few", many: "many", asked: "asked", run: "run" } as const

/** Of PostgreSQL while a database is filled, which nobody measures. */
const inHaste = ["fsync=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=4GB", "shared_buffers=1GB"]
  .flatMap((setting) => ["-c", setting])

/** What lasts for the whole suite: PostgreSQL's folder, the events, and what databases begin with. */
export const openWorkshop = Effect.fnUntraced(function*(options: Options, filled: Filled) {
  const folder = yield* tempFolder
  const postgresFolder = join(folder, "postgres")
  const tapeFile = join(folder, "tape.json")
  const rowsFile = join(folder, "rows.json")
  const run = (job: Job, what: string) => runInOwnProcess(worker, job, flagsOf(options), what)
  const serve = (databaseUrl: string, profileFolder?: string, natsUrl?: string) =>
    startTrackerServer({ databaseUrl, fromSource: options.fromSource, profileFolder, natsUrl })

  console.error("recording events, and what the server stores of them")
  yield* run({ _tag: "MakeTape", file: tapeFile }, "recording events")
  const { eventsOfTape, postgresql } = yield* Effect.scoped(Effect.gen(function*() {
    const { url } = yield* startPostgres(postgresFolder)
    const [tables, tape] = [withDatabase(url, databases.tables), withDatabase(url, databases.tape)]
    yield* runOn(url, `CREATE DATABASE ${databases.tables}`)
    yield* Effect.scoped(serve(tables))
    yield* runOn(url, `CREATE DATABASE ${databases.tape} TEMPLATE ${databases.tables}`)
    yield* Effect.scoped(Effect.gen(function*() {
      const { apiKey, url } = yield* serve(tape)
      yield* run({ _tag: "StoreTape", tapeFile, url, apiKey }, "storing events")
    }))
    const rows = yield* readTimeline(tape)
    writeFileSync(rowsFile, yield* Schema.encodeEffect(TimelineRowsFile)(rows))
    return { eventsOfTape: rows.rows.length, postgresql: yield* versionOf(url) }
  }))

  const made = new Set<"few" | "many" | "asked">()
  /** Makes a database with so many events when it is first needed. */
  const makeFilled = Effect.fnUntraced(function*(name: "few" | "many" | "asked") {
    if (made.has(name)) return
    const events = name === "asked" ? filled.asked.events : filled[name]
    console.error(`filling a database with ${events.toLocaleString("en")} events`)
    const started = Date.now()
    yield* Effect.scoped(Effect.gen(function*() {
      const { url } = yield* startPostgres(postgresFolder, inHaste)
      const template = name === "asked" ? databases.tables : databases.tape
      yield* runOn(url, `CREATE DATABASE ${databases[name]} TEMPLATE ${template}`)
      const databaseUrl = withDatabase(url, databases[name])
      yield* name === "asked"
        ? onDatabase(
          databaseUrl,
          (sql) =>
            Effect.andThen(fillTenant("default", filled.asked, Date.now()), settle).pipe(
              Effect.provideService(SqlClient.SqlClient, sql)
            )
        )
        : fill(databaseUrl, eventsOfTape, events)
    }))
    // It did not wait for the disk; whoever is measured next is not to.
    execFileSync("sync")
    console.error(`filled after ${Math.round((Date.now() - started) / 1000)} s`)
    made.add(name)
  })

  /** The database of a run; dropped after it, but for the large ones, which would take too long to copy. */
  const databaseOf = Effect.fnUntraced(function*(url: string, contender: ContenderName) {
    const { database } = contenderOf(contender)
    if (database === "many" || database === "asked") return databases[database]
    const template = database === "empty" ? "template0" : databases[database]
    yield* Effect.acquireRelease(
      runOn(url, `CREATE DATABASE ${databases.run} TEMPLATE ${template}`),
      () => Effect.orDie(runOn(url, `DROP DATABASE ${databases.run} WITH (FORCE)`))
    )
    return databases.run
  })

  /** What a contender needs for one run, gone after it: nobody's server is up while others are measured. */
  const targetFor = Effect.fnUntraced(function*(contender: ContenderName, profile: ProfileTarget) {
    const { database } = contenderOf(contender)
    if (database === "few" || database === "many" || database === "asked") yield* makeFilled(database)
    const postgres = yield* startPostgres(postgresFolder)
    const databaseUrl = withDatabase(postgres.url, yield* databaseOf(postgres.url, contender))
    const { profilePath } = profile
    if (profilePath !== undefined) mkdirSync(dirname(profilePath), { recursive: true })
    const profileFolder = profilePath === undefined ? undefined : dirname(profilePath)
    const nats = contenderOf(contender).isOnBus === true ? { natsUrl: (yield* natsServer).url } : {}
    const server = contenderOf(contender).isServed
      ? { server: { ...yield* serve(databaseUrl, profileFolder, nats.natsUrl), ...nats } }
      : {}
    // What was written before is on the disk, so that nobody pays for another's pages.
    yield* runOn(postgres.url, "CHECKPOINT")
    return {
      contender,
      databaseUrl,
      postgresPid: postgres.pid,
      ...server,
      tapeFile,
      rowsFile,
      ...profile
    } satisfies Target
  })

  /** Removes the databases that were filled: nothing else needs them, and they are large. */
  const dropFilled = Effect.scoped(Effect.gen(function*() {
    if (made.size === 0) return
    const { url } = yield* startPostgres(postgresFolder)
    yield* runOn(url, ...Array.from(made, (name) => `DROP DATABASE ${name}`))
    made.clear()
  }))

  return { targetFor, dropFilled, postgresql, syncMs: syncMs(folder) }
})
