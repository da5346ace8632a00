/** The end of the year 9999, epoch milliseconds: later instants have no place in the events. An alarm there never rings. */
export const lastInstant = 253_402_300_799_999
