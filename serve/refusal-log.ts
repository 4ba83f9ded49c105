import type { FastifyBaseLogger } from 'fastify'

const linesPerSecond = 20

/**
 * Logs refusals: each of the first 20 in a second, and how many more there were. Who is refused must not be able to make the server spend its time, and its
 * disk, on saying so; the metrics count all of them.
 */
export function refusalLog(log: FastifyBaseLogger, now: () => number = Date.now): (refusal: object) => void {
  let second = 0
  let lines = 0
  let left = 0
  return (refusal) => {
    const current = Math.floor(now() / 1000)
    if (current !== second) {
      if (left > 0) log.info({ refusals: left }, 'more were refused')
      second = current
      lines = 0
      left = 0
    }
    lines += 1
    if (lines <= linesPerSecond) log.info(refusal, 'refused')
    else left += 1
  }
}
