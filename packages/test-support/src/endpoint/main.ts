/**
 * The process in which endpoints run. It loads only Node's own modules, so that it starts instantly, and ends when the
 * channel to its parent closes, however the parent ended.
 */
import type { Command, Control, Input, Operation } from "./Control.ts"
import { makeEndpoint } from "./serve.ts"

const endpoints = new Map<number, Control>()

const endpointOf = (key: number): Control => {
  const endpoint = endpoints.get(key) ?? makeEndpoint()
  endpoints.set(key, endpoint)
  return endpoint
}

const perform = async <O extends Operation>({ call, endpoint, input, operation }: Command<O>): Promise<void> => {
  const control: { readonly [Name in Operation]: (...input: Input<Name>) => unknown } = endpointOf(endpoint)
  const output = await control[operation](...input)
  if (operation === "close") endpoints.delete(endpoint)
  process.send?.(`${call} ${JSON.stringify(output ?? null)}`)
}

process.on("message", (message) => {
  const command: Command = JSON.parse(typeof message === "string" ? message : "")
  // A failure ends the process: otherwise a test would wait for the reply forever.
  void perform(command)
})
process.on("disconnect", () => process.exit())
