import { Effect, Schema } from "effect"
import { existsSync } from "node:fs"
import { readFile, symlink } from "node:fs/promises"
import { dirname, join, relative } from "node:path"

/** Paths of a library and of its alias, relative to the package. */
const Links = Schema.fromJsonString(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))

/**
 * npm packages cannot contain symbolic links, so an install script creates those of PostgreSQL's libraries; pnpm and
 * cautious users do not run it. Creates the missing ones; another process may be doing so too.
 * @param initdb path of the program `native/bin/initdb` in the platform's package
 */
export const linkLibraries = Effect.fnUntraced(function*(initdb: string) {
  const root = dirname(dirname(dirname(initdb)))
  const json = yield* Effect.tryPromise(() => readFile(join(root, "native", "pg-symlinks.json"), "utf8"))
  const links = yield* Schema.decodeEffect(Links)(json)
  for (const { source, target } of links) {
    const path = join(root, target)
    if (existsSync(path)) continue
    yield* Effect.tryPromise(() => symlink(relative(dirname(path), join(root, source)), path)).pipe(
      Effect.catch((error) => existsSync(path) ? Effect.void : Effect.fail(error))
    )
  }
})
