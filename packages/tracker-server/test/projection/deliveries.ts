import * as fc from "fast-check"

/** An envelope names its id otherwise than the other events do. */
export const idField = (event: object) => "timestamp" in event ? "eventId" : "id"

/** The id of an event, whatever its form. */
export const idOf = (event: object): string => {
  const id = "eventId" in event ? event.eventId : "id" in event ? event.id : undefined
  return typeof id === "string" ? id : ""
}

/** What another of the events says, under the id of this one. */
const impostor = (event: object, other: object): object => ({ ...other, [idField(other)]: idOf(event) })

/** A delivery of events: in any order, some of them again, cut into requests anywhere. */
export const delivery = (events: ReadonlyArray<object>) =>
  fc.subarray([...events]).chain((again) => {
    const sent = [...events, ...again]
    return fc.record({
      order: fc.shuffledSubarray(sent, { minLength: sent.length, maxLength: sent.length }),
      at: fc.array(fc.nat(sent.length), { maxLength: 8 })
    })
  }).map(({ at, order }) => {
    const cuts = [...new Set([0, ...at, order.length])].sort((left, right) => left - right)
    return cuts.slice(1).map((cut, i) => order.slice(cuts[i], cut))
  })

/** A delivery in which some ids come with two bodies. */
export const contestedDelivery = (events: ReadonlyArray<object>) =>
  fc.array(fc.tuple(fc.constantFrom(...events), fc.constantFrom(...events)), { maxLength: 3 }).chain((pairs) =>
    delivery([...events, ...pairs.map(([event, other]) => impostor(event, other))])
  )

/** What a delivery leaves: the first event of each id, in an order that is not the delivery's. */
export const firstOfEach = (batches: ReadonlyArray<ReadonlyArray<object>>): ReadonlyArray<object> => {
  const first = new Map<string, object>()
  for (const event of batches.flat()) {
    if (!first.has(idOf(event))) first.set(idOf(event), event)
  }
  return [...first].sort(([left], [right]) => left < right ? -1 : 1).map(([, event]) => event)
}
