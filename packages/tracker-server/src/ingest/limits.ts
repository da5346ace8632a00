/** Maximum size of a request in bytes of UTF-8, compressed or not. */
export const maxRequestBytes = 5 * 1024 * 1024
/** Maximum size of an event in bytes of UTF-8, serialized without whitespace. */
export const maxEventBytes = 256 * 1024
/** Maximum number of events per request. */
export const maxEvents = 10_000
/** Maximum number of loss reasons a tracker may report; each becomes a row. */
export const maxLostReasons = 100
/** Maximum nesting depth of an event's objects and arrays, itself included. */
export const maxDepth = 100
