/** The id of the instance that each job about the whole workspace has. */
export const workspace = "workspace"

/** Instances by the names under which the tracker knows them. */
export const instances = {
  audit: "workerPool:packageAudit:0",
  findings: `debounce:findings:${workspace}`,
  review: (licence: string) => `task:licenceReview:${licence}`,
  summary: `continuous:auditSummary:${workspace}`,
  check: `continuous:lockfileCheck:${workspace}`
}
