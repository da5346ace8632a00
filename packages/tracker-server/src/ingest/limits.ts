/** Bytes of UTF-8 that a request may have, compressed or not. */
export const maxRequestBytes = 5 * 1024 * 1024
/** Bytes of UTF-8 that an event may have, written without spaces. */
export const maxEventBytes = 256 * 1024
/** Events that a request may have. */
export const maxEvents = 10_000
/** Reasons for which a tracker may say that it lost events; each becomes a row. */
export const maxLostReasons = 100
/** Objects and arrays within each other that an event may have, itself included. */
export const maxDepth = 100
