/** What one tracker has given up since it began, by reason: totals, so that a resent batch counts nothing twice. */
export interface Lost {
  readonly tracker: string
  readonly serviceKey: string
  readonly counts: { readonly [reason: string]: number }
}
