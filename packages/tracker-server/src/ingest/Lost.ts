/** One tracker's total losses since it was created, by reason. Totals, so that a resent batch counts nothing twice. */
export interface Lost {
  readonly tracker: string
  readonly serviceKey: string
  readonly counts: { readonly [reason: string]: number }
}
