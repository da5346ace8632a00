/** Whether the prefix can begin a subject: words of letters, digits, `-` and `_`, with dots between. */
export const isPrefix = (prefix: string): boolean => /^[\w-]+(\.[\w-]+)*$/.test(prefix)

/** Names of streams and consumers have no dots. */
const dotless = (prefix: string): string => prefix.replaceAll(".", "_")

/** Where on the server everything of a prefix is. */
export const subjectsOf = (prefix: string) => ({
  subject: (topic: string): string => `${prefix}.events.${topic}`,
  stream: (topic: string): string => `${dotless(prefix)}-events-${dotless(topic)}`,
  consumer: (group: string, topic: string): string => `${dotless(prefix)}-${group}-${dotless(topic)}`
})

export type Subjects = ReturnType<typeof subjectsOf>
