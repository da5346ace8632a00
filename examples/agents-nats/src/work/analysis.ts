import type { Analysis, Outline } from "../messages.ts"
import type { Document } from "./readDocument.ts"

const sum = (documents: ReadonlyArray<Document>, of: (document: Document) => number) =>
  documents.reduce((total, document) => total + of(document), 0)

export const analysisOf = (part: string, documents: ReadonlyArray<Document>): Analysis => {
  const [longest] = documents.filter(({ file }) => file.endsWith(".md")).toSorted((a, b) => b.lines - a.lines)
  return {
    part,
    documents: documents.length,
    lines: sum(documents, ({ lines }) => lines),
    headings: sum(documents, ({ headings }) => headings.length),
    exports: sum(documents, ({ exports }) => exports),
    longest: longest === undefined ? null : { file: longest.file, lines: longest.lines }
  }
}

/** The longest Markdown of all parts, by its paths. */
export const longestOf = (analyses: ReadonlyArray<Analysis>, count: number): ReadonlyArray<string> =>
  analyses.flatMap(({ longest }) => longest ?? [])
    .toSorted((a, b) => b.lines - a.lines)
    .slice(0, count)
    .map(({ file }) => file)

/** The index as lines for a terminal: the parts, and what the longest documents are about. */
export const indexOf = (analyses: ReadonlyArray<Analysis>, outlines: ReadonlyArray<Outline>): ReadonlyArray<string> => {
  const width = Math.max(4, ...analyses.map(({ part }) => part.length))
  return [
    `${"part".padEnd(width)}  documents    lines  headings  exports`,
    ...analyses.toSorted((a, b) => b.lines - a.lines).map(({ documents, exports, headings, lines, part }) =>
      [
        part.padEnd(width),
        String(documents).padStart(10),
        String(lines).padStart(8),
        String(headings).padStart(9),
        String(exports).padStart(8)
      ].join(" ")
    ),
    ...outlines.map(({ file, headings }) =>
      `${file}: ${headings.slice(0, 5).join(" · ")}${headings.length > 5 ? ` and ${headings.length - 5} more` : ""}`
    )
  ]
}
