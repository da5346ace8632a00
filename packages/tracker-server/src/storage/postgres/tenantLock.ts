/** The space of the advisory locks that stand for a tenant each; tenants whose names hash alike share one. */
const space = 1_953_653_612

/**
 * Held by every transaction on a tenant's rows, to its end; they do not hinder each other.
 * @param tenant the parameter that carries the tenant's id, such as `$2`
 */
export const shareTenant = (tenant: string): string => `pg_advisory_xact_lock_shared(${space}, hashtext(${tenant}))`

/** Waits for the transactions on a tenant's rows and lets no other begin until this one ends. */
export const holdTenant = (tenant: string): string => `pg_advisory_xact_lock(${space}, hashtext(${tenant}))`
