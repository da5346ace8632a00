/** How the output is displayed. */
export interface View {
  /** Width of a line in cells; infinite if the output is not read in lines. */
  readonly width: number
  readonly hasColour: boolean
  /** Epoch milliseconds. */
  readonly nowMs: number
}
