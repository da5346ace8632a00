import { Effect, Schema } from "effect"
import { existsSync } from "node:fs"
import { readFile, symlink } from "node:fs/promises"
import { dirname, join, relative } from "node:path"

/** Paths of a library and of another name for it, relative to the package. */
const Links = Schema.fromJsonString(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))

/**
 * npm packages cannot hold symbolic links, so PostgreSQL's libraries get theirs from an install script, which pnpm and
 * careful users do not run. Makes those that are missing; another process may be making them too.
 * @param initdb path of the program `native/bin/initdb` of the platform's package
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
