/** The part of an instance that visits its own handler's step. Ids contain no NUL. */
export const visitorOf = (instanceId: string): string => `${instanceId}\0visitor`

/** The instance to which a node of the graph belongs. */
export const instanceOfNode = (node: string): string => node.split("\0")[0] ?? node

const isVisitor = (name: string) => name.includes("\0")

/** Which instances' handlers wait for which instances. It is acyclic: whoever would close a cycle is rejected. */
export interface WaitGraph {
  /** Whether `from` waits for `to`, possibly through others. */
  readonly leads: (from: string, to: string) => boolean
  readonly add: (from: string, to: string) => void
  readonly remove: (from: string, to: string) => void
}

export const makeWaitGraph = (): WaitGraph => {
  /** A handler may wait for several at a time, and for one several times. */
  const targets = new Map<string, Array<string>>()

  const leads = (from: string, to: string): boolean =>
    from === to || (targets.get(from) ?? []).some((next) => leads(next, to)) ||
    // An instance is not free until its visitors have gone.
    (!isVisitor(from) && leads(visitorOf(from), to))

  return {
    leads,
    add: (from, to) => {
      const known = targets.get(from)
      if (known === undefined) targets.set(from, [to])
      else known.push(to)
    },
    remove: (from, to) => {
      const known = targets.get(from) ?? []
      known.splice(known.indexOf(to), 1)
      if (known.length === 0) targets.delete(from)
    }
  }
}
