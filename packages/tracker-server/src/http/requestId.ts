/** What may stand in a header, a log and a URN as it is. */
const fitting = /^[\w.~:+/=@-]{1,128}$/

/** The id that a client gave its request, where it is one that can be used. */
export const givenRequestId = (header: string | undefined): string | undefined =>
  header !== undefined && fitting.test(header) ? header : undefined

/** Names a request as the `instance` of a problem. */
export const instanceOf = (requestId: string): string => `urn:durable-effect:request:${requestId}`
