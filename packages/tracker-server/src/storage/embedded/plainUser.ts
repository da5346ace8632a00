import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, statSync } from "node:fs"
import { DataDirectoryUnusable } from "./DataDirectoryUnusable.ts"
import type { Layout } from "./layout.ts"

/** How to run PostgreSQL as a user other than root. */
export interface PlainUser {
  /** Command line prefix before the program; empty for an ordinary user. */
  readonly prefix: ReadonlyArray<string>
  /** Required owner of the data, if it is not the user running this process. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

/** An account other than root; `initdb` looks its user up by name, so an arbitrary id will not do. */
const findAccount = () => {
  const accounts = new Map(
    (existsSync("/etc/passwd") ? readFileSync("/etc/passwd", "utf8") : "").split("\n").map((line) => {
      const [name = "", , uid, gid] = line.split(":")
      return [name, { uid: Number(uid), gid: Number(gid) }]
    })
  )
  return accounts.get("postgres") ?? accounts.get("nobody") ?? accounts.get("daemon")
}

const works = ([program = "", ...args]: ReadonlyArray<string>) =>
  spawnSync(program, [...args, "true"], { stdio: "ignore" }).status === 0

/** Appears as `uid` inside while files stay root's, so that directories only root may enter are no obstacle. */
const unshare = (uid: number, gid: number) => ["unshare", "--user", `--map-user=${uid}`, `--map-group=${gid}`]

/** Becomes `uid` and keeps the one capability needed to pass through directories that only root may enter. */
const setpriv = (uid: number, gid: number) => [
  "setpriv",
  `--reuid=${uid}`,
  `--regid=${gid}`,
  "--clear-groups",
  "--securebits=+no_setuid_fixup",
  "--inh-caps=-all,+dac_override",
  "--ambient-caps=-all,+dac_override"
]

/** PostgreSQL refuses to run as root. Finds an alternative if this process is root: existing data's owner decides. */
export const findPlainUser = (layout: Layout): Effect.Effect<PlainUser, DataDirectoryUnusable> =>
  Effect.suspend(() => {
    if (process.getuid?.() !== 0) return Effect.succeed({ prefix: [] })
    const existing = statSync(layout.data, { throwIfNoEntry: false })
    const account = findAccount()
    if (account !== undefined && (existing === undefined || existing.uid === 0)) {
      const prefix = unshare(account.uid, account.gid)
      if (works(prefix)) return Effect.succeed({ prefix })
    }
    const owner = existing === undefined ? account : { uid: existing.uid, gid: existing.gid }
    if (owner !== undefined && owner.uid !== 0) {
      const prefix = setpriv(owner.uid, owner.gid)
      if (works(prefix)) return Effect.succeed({ prefix, owner })
    }
    return Effect.fail(
      new DataDirectoryUnusable({
        directory: layout.root,
        reason: "no_postgres",
        detail:
          "PostgreSQL refuses to run as root, and neither `unshare` nor `setpriv` could lend it another user here. " +
          "Start tracker-server as an ordinary user, or give a database by --database-url."
      })
    )
  })
