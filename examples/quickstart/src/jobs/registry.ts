import { createJobRegistry } from "@durable-effect/jobs"
import { auditSummary } from "./auditSummary.ts"
import { findings } from "./findings.ts"
import { licenceReview } from "./licenceReview.ts"
import { lockfileCheck } from "./lockfileCheck.ts"
import { packageAudit } from "./packageAudit.ts"

/** The jobs of the demo; their names here are those in the tracker. */
export const registry = createJobRegistry({ auditSummary, packageAudit, findings, licenceReview, lockfileCheck })
