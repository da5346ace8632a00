/**
 * The end of the year 9999, epoch milliseconds: events cannot express later instants. An alarm set to it never rings.
 */
export const lastInstant = 253_402_300_799_999
