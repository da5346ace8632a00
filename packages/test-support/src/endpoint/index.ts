export * from "./Answer.ts"
export type { Arrival, EndpointOptions, ReceivedEvent, Totals } from "./Control.ts"
export * from "./Endpoint.ts"
