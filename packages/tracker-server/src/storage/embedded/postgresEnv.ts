/**
 * The environment without variables that would redirect PostgreSQL's programs (`PGDATA`, `PGPORT`, …) or change their
 * language.
 */
export const postgresEnv = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PG"))),
  LC_ALL: "C"
})
