/** Whether the prefix is valid for subjects: words of letters, digits, `-` and `_`, separated by dots. */
export const isPrefix = (prefix: string): boolean => /^[\w-]+(\.[\w-]+)*$/.test(prefix)

/** Stream and consumer names cannot contain dots. */
const dotless = (prefix: string): string => prefix.replaceAll(".", "_")

/** The names on the server of everything with a prefix. */
export const subjectsOf = (prefix: string) => ({
  subject: (topic: string): string => `${prefix}.events.${topic}`,
  stream: (topic: string): string => `${dotless(prefix)}-events-${dotless(topic)}`,
  consumer: (group: string, topic: string): string => `${dotless(prefix)}-${group}-${dotless(topic)}`
})

export type Subjects = ReturnType<typeof subjectsOf>
