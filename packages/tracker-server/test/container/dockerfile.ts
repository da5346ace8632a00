import { readFileSync } from "node:fs"

/** The repository's root. */
export const root = new URL("../../../../", import.meta.url)

export const readText = (path: string): string => readFileSync(new URL(path, root), "utf8")

export interface Instruction {
  readonly name: string
  readonly text: string
}

/** The stages of a Dockerfile, each with its instructions, `FROM` first. */
export const stagesOf = (dockerfile: string): ReadonlyArray<ReadonlyArray<Instruction>> => {
  const stages: Array<Array<Instruction>> = []
  const lines = dockerfile.replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "").split("\n")
  for (const line of lines.filter((line) => line.trim() !== "")) {
    const [, name = "", text = ""] = /^([A-Z]+) (.+)$/.exec(line) ?? []
    if (name === "FROM") stages.push([])
    stages.at(-1)?.push({ name, text })
  }
  return stages
}

/** The texts of the instructions of a name, in their order. */
export const textsOf = (stage: ReadonlyArray<Instruction>, name: string): ReadonlyArray<string> =>
  stage.filter((instruction) => instruction.name === name).map(({ text }) => text)
