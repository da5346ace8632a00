export * from "./Answer.ts"
export * from "./Endpoint.ts"
