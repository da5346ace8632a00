import { Stream } from "effect"

/** What lies between two empty lines of a stream of server-sent events. */
export interface SentBlock {
  /** The place to go on from once it has been read. A block of nothing but an id moves a reader on without an event. */
  readonly id?: string
  readonly event?: string
  readonly data?: string
}

const field = /^([^:]+):? ?(.*)$/s

const taken = (block: SentBlock, line: string): SentBlock => {
  const [, name = "", value = ""] = field.exec(line) ?? []
  switch (name) {
    case "id":
    case "event":
      return { ...block, [name]: value }
    case "data":
      return { ...block, data: block.data === undefined ? value : `${block.data}\n${value}` }
    // Comments, and what there may be one day.
    default:
      return block
  }
}

/** Lines to blocks. What comes after the last empty line was cut off: it is none. */
export const sentBlocks = <E, R>(lines: Stream.Stream<string, E, R>): Stream.Stream<SentBlock, E, R> =>
  Stream.mapAccum(
    lines,
    (): SentBlock => ({}),
    (block, line) => line === "" ? [{}, [block]] as const : [taken(block, line), []] as const
  )
