import { startEmbeddedPostgres } from "@durable-effect/test-support/embedded-postgres"

/** Room for a pool that adds jobs and one that runs them. Everything else is PostgreSQL's default, `fsync` among it. */
const settings = ["-c", "max_connections=300"]

/** PostgreSQL on a folder until the scope closes. Answers its URL. */
export const startPostgres = (folder: string) => startEmbeddedPostgres(folder, settings)
