/** A thread that has opened its file and answers with something that cannot be read where it arrives. */
import { BlockList } from "node:net"
import { parentPort } from "node:worker_threads"

const clone = Object.getOwnPropertySymbols(BlockList.prototype).find(({ description }) =>
  description === "messaging_clone_symbol"
)
const unreadable = Object.defineProperty(new BlockList(), clone ?? "", {
  value: () => ({ data: {}, deserializeInfo: "nowhere:Nothing" })
})
parentPort?.postMessage({ _tag: "Opened" })
parentPort?.on("message", ({ close }) => {
  if (close === true) parentPort?.close()
  else parentPort?.postMessage(unreadable)
})
