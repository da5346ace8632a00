export * from "./postgres.ts"
export * from "./endpoint/index.ts"
