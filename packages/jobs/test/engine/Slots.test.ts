import { assert, it } from "@effect/vitest"
import { Slots } from "../../src/engine/Slots.ts"

const namesIn = (slots: Slots<{ readonly name: string }>) => slots.items.map(({ name }) => name).toSorted()

it("knows what is under way, and uses the places of what has gone", () => {
  const slots = new Slots<{ readonly name: string }>()
  const first = slots.add({ name: "first" })
  const second = slots.add({ name: "second" })
  slots.remove(first)
  assert.deepStrictEqual(namesIn(slots), ["second"])
  assert.strictEqual(slots.add({ name: "third" }), first)
  slots.add({ name: "fourth" })
  assert.deepStrictEqual(namesIn(slots), ["fourth", "second", "third"])
  slots.remove(second)
  assert.deepStrictEqual(namesIn(slots), ["fourth", "third"])
})
