export type Runners = ReturnType<typeof openRunners>

/** So many machines as a repository has at once; the next job waits for one to be free, in the order of asking. */
export function openRunners(count: number) {
  const waiting: (() => void)[] = []
  let free = count
  return {
    /** Resolves to what gives the machine back. */
    async take(): Promise<() => void> {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return () => {
        const next = waiting.shift()
        if (next) next()
        else free += 1
      }
    },
  }
}
