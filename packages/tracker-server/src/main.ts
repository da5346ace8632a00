#!/usr/bin/env node
import "./frugalHeap.ts"
import "effect/schema/SchemaJITCompiler/enable"

// On demand: what is imported above has to be done before any of it is loaded.
await import("./cli/main.ts")
