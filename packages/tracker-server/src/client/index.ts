export * from "../api/index.ts"
export {
  type ClientError,
  type DeclaredProblem,
  isPassing,
  OtherProblem,
  UnexpectedAnswer,
  Unreachable,
  withClientErrors
} from "./ClientError.ts"
export * from "./createTrackerClient.ts"
export * from "./pages.ts"
export type { CallOptions, TrackerList } from "./running.ts"
export * from "./tail.ts"
export { type ClientOptions, TrackerClient } from "./TrackerClient.ts"
