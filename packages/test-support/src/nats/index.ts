export { findNatsServer } from "./findNatsServer.ts"
export * from "./NatsServer.ts"
export { natsUrl } from "./natsUrl.ts"
