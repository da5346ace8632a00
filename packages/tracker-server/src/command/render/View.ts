/** How the reader sees it. */
export interface View {
  /** Cells of a line; infinite where nobody looks at it in lines. */
  readonly width: number
  readonly hasColour: boolean
  /** Milliseconds since 1970. */
  readonly nowMs: number
}
