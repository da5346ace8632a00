import type { Plan, Task } from "../../api/views.ts"
import type { View } from "./View.ts"

const codes = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, dim: 2, bold: 1 }
export type Colour = keyof typeof codes

/** Colours a text if the reader has colours. Takes up no cells. */
export const coloured = ({ hasColour }: View, colour: Colour, text: string): string =>
  hasColour && text !== "" ? `\u001B[${codes[colour]}m${text}\u001B[0m` : text

/** The colours of plan statuses and task states. */
export const stateColour: { readonly [state in Plan["status"] | Task["state"]]: Colour } = {
  pending: "dim",
  waiting: "dim",
  running: "blue",
  delegated: "magenta",
  paused: "yellow",
  completed: "green",
  failed: "red",
  cancelled: "yellow"
}
