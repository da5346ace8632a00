/** The space of the advisory locks that represent tenants; tenants whose names hash alike share one. */
const space = 1_953_653_612

/**
 * Held until its end by every transaction that writes a tenant's rows; such transactions do not block each other.
 * @param tenant the parameter with the tenant's id, such as `$2`
 */
export const shareTenant = (tenant: string): string => `pg_advisory_xact_lock_shared(${space}, hashtext(${tenant}))`

/** Waits for the transactions that write a tenant's rows and blocks new ones until this transaction ends. */
export const holdTenant = (tenant: string): string => `pg_advisory_xact_lock(${space}, hashtext(${tenant}))`
