import { assert, describe, it } from "@effect/vitest"
import { aligned, cells, fitted, harmless, padded } from "../../src/command/render/text.ts"

describe("a text of somebody else", () => {
  it.each<readonly [what: string, given: string, shown: string]>([
    ["colours and moves of the cursor", "\u001B[31mred\u001B[2J", "\\u{1b}[31mred\\u{1b}[2J"],
    ["a title of the window", "\u001B]0;owned\u0007", "\\u{1b}]0;owned\\u{7}"],
    ["control characters of eight bits", "a\u009B31mb", "a\\u{9b}31mb"],
    ["a way back to the begin of the line", "good\rbad", "good bad"],
    ["lines", "one\n\ttwo\u2028three", "one two three"],
    ["a turn of the direction", "a\u202Eb\u2066c", "a\\u{202e}b\\u{2066}c"],
    ["half a character", "a\uD800b", "a\\u{d800}b"],
    ["deletion", "a\u007Fb", "a\\u{7f}b"]
  ])("does nothing to a terminal by %s", (_, given, shown) => assert.strictEqual(harmless(given), shown))

  it("stays as it is otherwise", () => {
    for (const text of ["task-1:r2", "in/voice é", "発注 №7", "👩‍👩‍👧 done", "नमस्ते", "a\u0301"]) {
      assert.strictEqual(harmless(text), text)
    }
  })
})

describe("the cells that a text takes", () => {
  it.each<readonly [text: string, width: number]>([
    ["", 0],
    ["task-1", 6],
    ["é", 1],
    ["e\u0301", 1],
    ["発注", 4],
    ["ﾊﾝｶｸ", 4],
    ["ＡＢ", 4],
    ["한국어", 6],
    ["👍", 2],
    ["👩‍👩‍👧", 2],
    ["❤️", 2],
    ["…", 1],
    ["█░", 2]
  ])("of %j are %i", (text, width) => assert.strictEqual(cells(text), width))

  it("are filled up, and never more than there may be", () => {
    assert.strictEqual(padded("発注", 6), "発注  ")
    assert.strictEqual(aligned("12", 4), "  12")
    assert.strictEqual(fitted("発注書です", 6), "発注…")
    assert.strictEqual(fitted("発注書", 6), "発注書")
    assert.strictEqual(fitted("abcdef", 4), "abc…")
  })
})
