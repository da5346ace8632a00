import { Stream } from "effect"

/** One block between two empty lines of a stream of server-sent events. */
export interface SentBlock {
  /**
   * The position to resume from once the block has been read. A block with only an id advances a reader without an
   * event.
   */
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
    // Comments, and fields that may be added one day.
    default:
      return block
  }
}

/** Parses lines into blocks. Anything after the last empty line was cut off and is dropped. */
export const sentBlocks = <E, R>(lines: Stream.Stream<string, E, R>): Stream.Stream<SentBlock, E, R> =>
  Stream.mapAccum(
    lines,
    (): SentBlock => ({}),
    (block, line) => line === "" ? [{}, [block]] as const : [taken(block, line), []] as const
  )
