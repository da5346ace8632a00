import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import {
  agentsFlags,
  jobsFlags,
  planArgument,
  plansFlags,
  runAgents,
  runExplain,
  runJobs,
  runPlan,
  runPlans,
  runTasks,
  runTimeline,
  taskArgument
} from "./questions.ts"
import { runTail, tailFlags } from "./tailCommand.ts"

const text = (name: string, metavar: string, description: string) =>
  Flag.optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

const sharedFlags = {
  url: text("url", "URL", "Where tracker-server is (default http://127.0.0.1:8084) [TRACKER_URL]"),
  "api-key": text(
    "api-key",
    "SECRET",
    "API key to ask with (default: the one in the data directory) [TRACKER_API_KEY]"
  ),
  "data-dir": text(
    "data-dir",
    "FOLDER",
    "Folder with the server's file api-key (default ./.tracker) [TRACKER_DATA_DIR]"
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print the API's answer, all pages as one document"),
    Flag.withDefault(false)
  )
}

const root = Command.make("tracker").pipe(Command.withSharedFlags(sharedFlags))

const plan = Command.make(
  "plan",
  planArgument,
  Effect.fnUntraced(function*(flags) {
    yield* runPlan({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("How far a plan is"))

const plans = Command.make(
  "plans",
  plansFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runPlans({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("The newest plans"))

const tasks = Command.make(
  "tasks",
  planArgument,
  Effect.fnUntraced(function*(flags) {
    yield* runTasks({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("The tasks of a plan"))

const timeline = Command.make(
  "timeline",
  planArgument,
  Effect.fnUntraced(function*(flags) {
    yield* runTimeline({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("The events of a plan as a tree, with durations"))

const explain = Command.make(
  "explain",
  taskArgument,
  Effect.fnUntraced(function*(flags) {
    yield* runExplain({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("Which event decided each field of a task"))

const tail = Command.make(
  "tail",
  tailFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runTail({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("What happens, as it happens, until Ctrl-C"))

const agents = Command.make(
  "agents",
  agentsFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runAgents({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("How agents and job definitions do, in numbers"))

const jobs = Command.make(
  "jobs",
  jobsFlags,
  Effect.fnUntraced(function*(flags) {
    yield* runJobs({ ...(yield* root), ...flags })
  })
).pipe(Command.withDescription("How each job definition does: runs, failures, the next run"))

/** The whole command line. */
export const tracker = root.pipe(
  Command.withDescription("Asks tracker-server what happened, and what happens"),
  Command.withSubcommands([plan, plans, tasks, timeline, explain, tail, agents, jobs])
)
