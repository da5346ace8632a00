export * from "./endpoint/index.ts"
export * from "./postgres.ts"
