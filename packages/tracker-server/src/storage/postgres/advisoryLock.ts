/** The PostgreSQL advisory locks used by tracker-server, each a pair of the space and a number. */
export const advisoryLock = {
  space: 1_953_653_611,
  migrate: 1,
  dataDirectory: 2,
  firstKey: 3,
  partitions: 4,
  rebuild: 5
} as const
