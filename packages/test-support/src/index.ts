export * from "./endpoint/inProcess.ts"
export * from "./endpoint/inProcessAnswer.ts"
export * from "./postgres.ts"
