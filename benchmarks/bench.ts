/** `npm run bench -- core`: runs the benchmarks of a package. */
const suites: Readonly<
  Record<string, () => Promise<{ readonly run: (words: ReadonlyArray<string>) => Promise<void> }>>
> = {
  core: () => import("./core/src/main.ts"),
  jobs: () => import("./jobs/src/main.ts"),
  bus: () => import("./bus/src/main.ts"),
  server: () => import("./server/src/main.ts")
}

const [name = "", ...words] = process.argv.slice(2)
const suite = suites[name]
if (suite === undefined) {
  console.error(
    `usage: npm run bench -- ${Object.keys(suites).join(" | ")} [options]; --help after a name tells its options`
  )
  process.exit(2)
}
await (await suite()).run(words)
