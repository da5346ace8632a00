/** What can appear unescaped in a header, a log and a URN. */
const fitting = /^[\w.~:+/=@-]{1,128}$/

/** The client's id for its request, if usable. */
export const givenRequestId = (header: string | undefined): string | undefined =>
  header !== undefined && fitting.test(header) ? header : undefined

/** Identifies a request as the `instance` of a problem. */
export const instanceOf = (requestId: string): string => `urn:durable-effect:request:${requestId}`
