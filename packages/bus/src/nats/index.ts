export { isNatsUrl } from "./connectionOptions.ts"
export { defaultPrefix, type NatsConfig } from "./NatsConfig.ts"
export * as NatsEventBus from "./NatsEventBus.ts"
export { isPrefix, subjectsOf } from "./subjects.ts"
