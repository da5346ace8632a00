import { expect, it } from "vitest"
import { story } from "../src/story.ts"

it("tells each type where it came first, and how often it came", () => {
  expect(story(["job.created", "execution.started", "execution.failed", "execution.started", "job.failed"]))
    .toBe("job.created, execution.started ×2, execution.failed, job.failed")
})
