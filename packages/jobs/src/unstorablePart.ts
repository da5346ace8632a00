import { Predicate, type SchemaAST } from "effect"

/** A part of a schema whose values have no JSON form, by path, such as `.when` or `.list[]`. */
export interface UnstorablePart {
  readonly path: string
  readonly problem: string
}

const hasJsonForm = ({ annotations }: SchemaAST.Declaration): boolean =>
  Predicate.isFunction(annotations?.["toCodecJson"] ?? annotations?.["toCodec"])

const nameOf = ({ annotations }: SchemaAST.Declaration): string => {
  const name = annotations?.["identifier"] ?? annotations?.["title"] ?? annotations?.["expected"]
  return Predicate.isString(name) ? ` (${name})` : ""
}

/** The target of a suspended schema may not exist yet while modules are loading; it is then not inspected. */
const resolved = (ast: SchemaAST.Suspend): SchemaAST.AST | undefined => {
  try {
    return ast.thunk()
  } catch {
    return undefined
  }
}

/** What values are encoded to, according to the schema. */
const encodedOf = (ast: SchemaAST.AST): SchemaAST.AST => {
  const last = ast.encoding?.at(-1)
  return last === undefined ? ast : encodedOf(last.to)
}

type Part = readonly [path: string, ast: SchemaAST.AST]

const partsOf = (ast: SchemaAST.AST, path: string): ReadonlyArray<Part> => {
  switch (ast._tag) {
    case "Declaration":
      return ast.typeParameters.map((parameter): Part => [path, parameter])
    case "Objects":
      return [
        ...ast.propertySignatures.map(({ name, type }): Part => [`${path}.${String(name)}`, type]),
        ...ast.indexSignatures.map(({ type }): Part => [`${path}[]`, type])
      ]
    case "Arrays":
      return [
        ...ast.elements.map((element, index): Part => [`${path}[${index}]`, element]),
        ...ast.rest.map((element): Part => [`${path}[]`, element])
      ]
    case "Union":
      return ast.types.map((type): Part => [path, type])
    case "Suspend": {
      const there = resolved(ast)
      return there === undefined ? [] : [[path, there]]
    }
    default:
      return []
  }
}

/**
 * The first part of a schema without a declared JSON form: class instances and other user-defined types. Effect makes a
 * codec of these too, which then rejects every value.
 */
export const unstorablePart = (schema: SchemaAST.AST): UnstorablePart | undefined => {
  const seen = new Set<SchemaAST.AST>()
  const waiting: Array<Part> = [["", schema]]
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    const path = part[0]
    const ast = encodedOf(part[1])
    if (seen.has(ast)) continue
    seen.add(ast)
    if (ast._tag === "Declaration" && !hasJsonForm(ast)) {
      const problem = `has values${nameOf(ast)} without a JSON form. Give that schema a \`toCodecJson\` annotation, ` +
        "or transform it to plain data"
      return { path, problem }
    }
    waiting.push(...partsOf(ast, path))
  }
  return undefined
}
