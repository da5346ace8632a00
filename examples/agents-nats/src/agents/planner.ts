import { AgentReporter, inResponseTo } from "@durable-effect/bus"
import { Effect, Result } from "effect"
import { Colleagues } from "../agent/Colleagues.ts"
import { runAgent } from "../agent/runAgent.ts"
import * as Surroundings from "../agent/Surroundings.ts"
import { Analysis, Split, Summary } from "../messages.ts"

/** Split, analyse, summarise: each step in response to what led to it. Parts that fail are told and left out. */
const index = Effect.fnUntraced(function*(planId: string) {
  const { planStateChanged } = yield* AgentReporter
  const { ask } = yield* Colleagues
  const { answer: { parts }, event } = yield* ask({
    of: "splitter",
    type: "corpus.split.requested",
    taskId: `${planId}:split`,
    input: {},
    answer: Split
  })

  const analysing = yield* planStateChanged(planId, "analysing").pipe(inResponseTo(event))
  const outcomes = yield* Effect.forEach(parts, (part) =>
    Effect.result(ask({
      of: "analyser",
      type: "part.analyse.requested",
      taskId: `${planId}:analyse:${part.part}`,
      input: part,
      answer: Analysis
    })), { concurrency: "unbounded" }).pipe(inResponseTo(analysing))
  const analyses = outcomes.flatMap((outcome) => Result.isSuccess(outcome) ? [outcome.success.answer] : [])
  const failures = outcomes.flatMap((outcome) => Result.isFailure(outcome) ? [outcome.failure.message] : [])

  const summarising = yield* planStateChanged(planId, "summarising").pipe(inResponseTo(analysing))
  const { answer } = yield* ask({
    of: "summariser",
    type: "index.summarise.requested",
    taskId: `${planId}:summarise`,
    input: { analyses },
    answer: Summary
  }).pipe(inResponseTo(summarising))
  return { ...answer, failures }
})

// #region plan
const plan = Effect.gen(function*() {
  const { flush, planCancelled, planCompleted, planFailed, planStarted } = yield* AgentReporter
  const planId = yield* Surroundings.planId
  const started = yield* planStarted(planId, {
    session_id: "repository",
    goal_event: "repository.index",
    current_state: "splitting"
  })
  yield* index(planId).pipe(
    Effect.matchEffect({
      onSuccess: (result) => planCompleted(planId, { current_state: "indexed", result }),
      onFailure: ({ message }) => planFailed(planId, { error: message })
    }),
    Effect.onInterrupt(() => planCancelled(planId)),
    inResponseTo(started)
  )
  yield* flush
}).pipe(Effect.withSpan("repository.index"))
// #endregion

runAgent("planner", Effect.provide(plan, Colleagues.layer))
