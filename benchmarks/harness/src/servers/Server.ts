/** A server that a contender needs. */
export interface Server {
  readonly url: string
  /** Of its first process, whose children are part of it. */
  readonly pid: number
}
