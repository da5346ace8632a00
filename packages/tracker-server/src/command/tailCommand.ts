import { Effect, Option, Stream } from "effect"
import { Flag } from "effect/cli"
import type { StreamMessage } from "../api/StreamApi.ts"
import type { FlagValues } from "../cli/FlagValues.ts"
import { type ClientError, tail } from "../client/index.ts"
import { type Shared, view, withClient } from "./ask.ts"
import { Output } from "./Output.ts"
import { makePlanNames } from "./planNames.ts"
import { messageLines } from "./render/message.ts"
import { complaintAbout, sentenceOf } from "./sentence.ts"

export const tailFlags = {
  plan: Flag.optional(
    Flag.String("plan").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("Only events of this plan or job instance; it need not have begun")
    )
  ),
  after: Flag.optional(
    Flag.String("after").pipe(
      Flag.withMetavar("ID"),
      Flag.withDescription("Go on after the message with this id, which --json shows; 0-0 is the very beginning")
    )
  )
}

const toJson = (message: StreamMessage): string => JSON.stringify(message)

const planOf = (message: StreamMessage): string | null => message.event === "tracking" ? message.data.plan_id : null

let tailing = false
/** Whether the command is only waiting to be stopped, so that stopping it is a success. */
export const isTailing = (): boolean => tailing

/** Prints live events until stopped. Messages about the connection go to standard error, for a person. */
export const runTail = (flags: Shared & FlagValues<typeof tailFlags>) =>
  withClient(flags, (settings) =>
    Effect.gen(function*() {
      tailing = true
      const { note, print } = yield* Output
      const namesOf = yield* makePlanNames
      const forPeople = Effect.fnUntraced(function*(messages: ReadonlyArray<StreamMessage>) {
        const names = yield* namesOf(new Set(messages.flatMap((message) => planOf(message) ?? [])))
        const now = yield* view
        return messages.map((message) => messageLines(message, names.get(planOf(message) ?? ""), now).join("\n"))
      })
      const say = (text: string) => Effect.runFork(note(text))
      let isLost = false
      const onOpen = () => {
        say(isLost ? "Connected again." : `Listening to ${settings.url}; Ctrl-C ends.`)
        isLost = false
      }
      const onLost = (error: ClientError) => {
        if (!isLost) {
          say(`${error._tag === "Unreachable" ? error.problem : sentenceOf(error, settings)} – trying again …`)
        }
        isLost = true
      }
      yield* tail({
        planId: Option.getOrUndefined(flags.plan),
        lastEventId: Option.getOrUndefined(flags.after),
        onOpen,
        onLost
      }).pipe(
        Stream.mapError((error) => complaintAbout(error, settings)),
        Stream.runForEachArray((messages) =>
          Effect.flatMap(flags.json ? Effect.succeed(messages.map(toJson)) : forPeople(messages), (texts) =>
            print(texts.map((text) => `${text}\n`).join("")))
        )
      )
    }))
