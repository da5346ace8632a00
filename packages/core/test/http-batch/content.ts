import type { Content, Sized } from "../../src/http-batch/split.ts"

/** An item that knows its JSON, so that a test can say what a content has to be. */
export interface Text extends Sized {
  readonly text: string
}

export const textOf = (text: string): Text => ({ text, bytes: Buffer.byteLength(text) })

export const contentOf = (items: ReadonlyArray<Text>): Content<Text> => ({
  items,
  json: new TextEncoder().encode(items.map(({ text }) => text).join(","))
})
