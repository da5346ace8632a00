// Keeps new objects alive for a while, as a busy server does, and prints the bytes of the space that V8 gives them.
import { setImmediate } from "node:timers/promises"
import { getHeapSpaceStatistics } from "node:v8"

const kept: Array<ReadonlyArray<object>> = []
for (let turn = 0; turn < 400; turn++) {
  kept[turn % 60] = Array.from({ length: 5000 }, (_, index) => ({ index, of: { turn } }))
  await setImmediate()
}
const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space") ?? {}
process.stdout.write(String(space_size))
