import { NotFound } from "../api/errors.ts"
import { found } from "./found.ts"

/** What is said of an id that no plan has. */
export const planNotFound = new NotFound({
  detail: "No plan or job instance has this id. An event that names it makes it known; ids match byte by byte."
})

/** The plan or job instance that was found under an id. */
export const foundPlan = found(planNotFound)
