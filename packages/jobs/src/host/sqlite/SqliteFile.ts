import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import type { Entry, StoredAlarm } from "../HostPort.ts"
import { endOfPrefix } from "./endOfPrefix.ts"
import { failureOf } from "./failures.ts"
import { openDatabase } from "./openDatabase.ts"
import { ownedFile } from "./ownedFile.ts"
import { mostPeeked } from "./RecentRows.ts"
import type {
  CommitRequest,
  ReadAnswers,
  ReadOutcome,
  ReadRequest,
  StoredEvents,
  WriteAnswers,
  WriteOutcome,
  WriteRequest
} from "./requests.ts"
import { statementsOf } from "./statements.ts"
import { transactions } from "./transactions.ts"

const readEntry = (row: Record<string, SQLOutputValue>): Entry => ({
  key: String(row["key"]),
  value: String(row["value"]),
  expiresAt: row["expires_at"] === null ? null : Number(row["expires_at"])
})

const readAlarm = (row: Record<string, SQLOutputValue>): StoredAlarm => ({
  instanceId: String(row["instance_id"]),
  dueAt: Number(row["due_at"]),
  generation: Number(row["generation"])
})

/** Text ranges with these prefixes, as JSON. The end of a range may not be text, which is null here. */
const rangesOf = (prefixes: ReadonlyArray<string>): string =>
  JSON.stringify(prefixes.map((prefix) => {
    const end = endOfPrefix(prefix)
    return [prefix, typeof end === "string" ? end : null]
  }))

/** One open file of instances, in whichever thread it was opened. */
export interface SqliteFile {
  readonly read: (request: ReadRequest) => ReadOutcome
  /** Writes all in one transaction, leaving out what could not be stored. */
  readonly write: (requests: ReadonlyArray<WriteRequest>) => ReadonlyArray<WriteOutcome>
  readonly close: () => void
}

const fileOf = (db: DatabaseSync, filename: string): SqliteFile => {
  const statement = statementsOf(db)
  let alarmOrder = Number(statement.lastOrder.get()?.["last"] ?? 0)

  const earliestAlarms = (limit: number, upTo: number, without: ReadonlyArray<string>) => {
    const ranges = without.length === 0 ? undefined : rangesOf(without)
    const due = ranges === undefined
      ? statement.due.all(upTo, limit)
      : statement.dueWithout.all(upTo, limit, ranges)
    const atMost = Math.min(1, limit - due.length)
    const next = ranges === undefined
      ? statement.later.all(upTo, atMost)
      : statement.laterWithout.all(upTo, atMost, ranges)
    return [...due, ...next].map(readAlarm)
  }

  const peek = (limit: number, after: number) => {
    const rows: Array<StoredEvents> = []
    let length = 0
    for (const row of statement.peek.iterate(after, limit)) {
      const lines = String(row["event"])
      rows.push({ position: Number(row["position"]), lines })
      length += lines.length
      if (length >= mostPeeked) break
    }
    return rows
  }

  const answerTo = (request: ReadRequest): ReadAnswers[keyof ReadAnswers] => {
    switch (request[0]) {
      case "load": {
        const row = statement.load.get(request[1])
        return row === undefined ? undefined : { version: Number(row["version"]), record: String(row["record"]) }
      }
      case "loadEntry": {
        const row = statement.entry.get(request[1], request[2])
        return row === undefined ? undefined : readEntry(row)
      }
      case "loadEach":
        return request[2].flatMap((key) => {
          const row = statement.entry.get(request[1], key)
          return row === undefined ? [] : [readEntry(row)]
        })
      case "loadEntries": {
        const [, instanceId, { after, limit, prefix }] = request
        const from = after === undefined ? prefix : `${after}\0`
        return statement.entries.all(instanceId, from, endOfPrefix(prefix), limit).map(readEntry)
      }
      case "earliestAlarms":
        return earliestAlarms(request[1], request[2], request[3])
      case "heldAlarms":
        return statement.held.all().map(readAlarm)
      case "peekOutbox":
        return peek(request[1], request[2])
    }
  }

  const versionOf = (instanceId: string) => Number(statement.version.get(instanceId)?.["version"] ?? 0)

  /** Returns whether the version was the expected one. */
  const put = ([, instanceId, version, record, dueAt, heldAt, generation]: CommitRequest): boolean => {
    if (record === null) {
      return version === 0 ? versionOf(instanceId) === 0 : statement.remove.run(instanceId, version).changes === 1
    }
    const { changes } = version === 0
      ? statement.add.run(instanceId, record, dueAt, heldAt, generation, ++alarmOrder)
      : statement.replace.run(record, dueAt, heldAt, generation, ++alarmOrder, instanceId, version)
    return changes === 1
  }

  /** The version is checked before any write, so a conflict leaves the others of its transaction alone. */
  const commit = (request: CommitRequest): WriteAnswers["commit"] => {
    const [, instanceId, , , , , , events, entries = []] = request
    if (!put(request)) return { storedVersion: versionOf(instanceId) }
    const position = events === undefined ? undefined : Number(statement.addEvents.run(events).lastInsertRowid)
    for (const [key, entry] of entries) {
      if (entry === null) statement.removeEntry.run(instanceId, key)
      else statement.setEntry.run(instanceId, key, entry.value, entry.expiresAt)
    }
    return position
  }

  const carryOut = (request: WriteRequest): WriteAnswers[keyof WriteAnswers] => {
    switch (request[0]) {
      case "commit":
        return commit(request)
      case "ackOutbox":
        statement.ack.run(JSON.stringify(request[1]))
        return undefined
      case "removeExpired":
        return Number(statement.removeExpired.run(request[1], request[2]).changes)
    }
  }

  const transact = transactions(db, ownedFile(filename))
  return {
    read: (request) => {
      try {
        return { answer: answerTo(request) }
      } catch (cause) {
        return { failure: failureOf(cause) }
      }
    },
    write: (requests) => transact(requests.map((request) => () => carryOut(request))),
    close: () => db.close()
  }
}

/** Throws what `openDatabase` does, and what SQLite does if the tables are not as they should be. */
export const openSqliteFile = (filename: string): SqliteFile => {
  const db = openDatabase(filename)
  try {
    return fileOf(db, filename)
  } catch (cause) {
    db.close()
    throw cause
  }
}
