export type RefusalLines = {
  /** Whether this refusal gets a line of its own; if not, it is counted. `known`: who was refused has a key. */
  alone(status: number, known: boolean): boolean
  /** Counts one that gets no line. */
  count(status: number): void
  /** The counts since the last call, as fields of lines, and how many requests they are; none where nothing was counted. */
  counted(): { readonly lines: readonly string[]; readonly requests: number }
}

/** Lines a second of those whom nobody knows. */
const mostStrangers = 2

/**
 * Bounds what refusals may write: they cost who sends them nothing, and a flood of them must neither fill the disk nor push the predictions' records out of it.
 * The first `most` of a second have a line each, two of those of strangers among them (some 100 MB a day at most); the others are one line for each status and second.
 */
export function createRefusalLines(most: number, environment: string): RefusalLines {
  const counts = new Map<number, number>()
  let second = 0
  let within = 0
  let strangers = 0
  const count = (status: number) => void counts.set(status, (counts.get(status) ?? 0) + 1)
  return {
    alone(status, known) {
      const now = Math.floor(Date.now() / 1000)
      if (now !== second) {
        second = now
        within = 0
        strangers = 0
      }
      within += 1
      if (!known) strangers += 1
      if (within <= most && (known || strangers <= mostStrangers)) return true
      count(status)
      return false
    },
    count,
    counted() {
      const at = new Date().toISOString()
      const lines = [...counts].map(
        ([status, count]) =>
          `"kind":"refusals","at":"${at}","environment":${JSON.stringify(environment)},"status":${status},"count":${count}`,
      )
      const requests = [...counts.values()].reduce((sum, count) => sum + count, 0)
      counts.clear()
      return { lines, requests }
    },
  }
}
