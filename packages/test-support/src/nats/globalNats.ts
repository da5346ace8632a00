import { findNatsServer } from "./findNatsServer.ts"
import { givenUrl } from "./natsUrl.ts"

/** Vitest global setup: installs nats-server once, before any test needs it, or fails the run. */
export default () => {
  if (givenUrl() === undefined) findNatsServer()
}
