import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of this workspace. */
export const workspaceRoot = fileURLToPath(new URL("../../../", import.meta.url))

/** Where the examples' tracker-server keeps its data. */
export const dataDirectory = process.env["TRACKER_DATA_DIR"] ?? join(workspaceRoot, ".tracker")

const fromRoot = relative(workspaceRoot, dataDirectory)
/** The same, as a person in the workspace would write it. */
export const shownDirectory = fromRoot.startsWith("..") ? dataDirectory : fromRoot
