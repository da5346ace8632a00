import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { make } from "../src/Terminal.ts"

const recorded = (isTTY: boolean, columns?: number) => {
  const written: Array<string> = []
  return { written, terminal: make({ isTTY, columns, write: (text) => written.push(text) }) }
}

describe("Terminal", () => {
  it("redraws its lines in place, below what was said", () => {
    const { terminal, written } = recorded(true)
    Effect.runSync(Effect.all([terminal.draw(["a", "b"]), terminal.say("note"), terminal.draw(["a", "c"])]))
    expect(written.join("")).toBe("a\nb\n\x1b[2A\x1b[Jnote\na\nb\n\x1b[2A\x1b[Ja\nc\n")
  })

  it("cuts a line to the width, since a wrapped one could not be erased", () => {
    const { terminal, written } = recorded(true, 5)
    Effect.runSync(terminal.draw(["abcdefgh"]))
    expect(written).toEqual(["abcd\n"])
  })

  it("writes only what is new where there is no terminal", () => {
    const { terminal, written } = recorded(false)
    Effect.runSync(Effect.all([terminal.draw(["a", "b"]), terminal.draw(["a", "b"]), terminal.draw(["a", "c"])]))
    expect(written).toEqual(["a\n", "b\n", "c\n"])
  })

  it("tells how wide it is now, and off a terminal that nothing is cut", () => {
    const widths = [recorded(true, 60), recorded(true), recorded(false)].map(({ terminal }) => terminal.width)
    expect(Effect.runSync(Effect.all(widths))).toEqual([60, 120, Infinity])
  })

  it("leaves its lines alone once settled", () => {
    const { terminal, written } = recorded(true)
    Effect.runSync(Effect.all([terminal.draw(["a"]), terminal.settle, terminal.draw(["b"])]))
    expect(written).toEqual(["a\n", "b\n"])
  })
})
