export * from "./emitter/Emitter.ts"
export * from "./endpoint/index.ts"
export * from "./postgres.ts"
