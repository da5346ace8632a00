import { NotFound } from "../api/errors.ts"
import { found } from "./found.ts"

/** The problem for an unknown plan id. */
export const planNotFound = new NotFound({
  detail: "No plan or job instance has this id. An event that names it makes it known; ids match byte by byte."
})

/** The plan or job instance with an id. */
export const foundPlan = found(planNotFound)
