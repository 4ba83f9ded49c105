import { join } from 'node:path'
import { execa } from 'execa'
import type { Load, Seen } from './load.ts'
import type { Started } from './processes.ts'

/** What a load cost those who served it, each with all its processes: CPU per answered request in µs. */
export type Measured = Seen & { readonly cpuMicros: readonly number[] }

/** Has another process put a load on servers, and takes their CPU time over it. Throws where anything else was answered, 200 unless told otherwise, or a connection broke: a ratio of failures means nothing. */
export async function measure(
  servers: readonly Started[],
  load: Load,
  answers: readonly string[] = ['200'],
): Promise<Measured> {
  const before = servers.map((server) => server.cpu())
  const seen = await send(load)
  const used = servers.map((server, at) => server.cpu() - (before[at] ?? 0))
  const wrong = Object.keys(seen.statuses).some((status) => !answers.includes(status))
  if (wrong || seen.broken > 0 || seen.answered === 0)
    throw new Error(
      `${load.path} on port ${load.port} answered ${JSON.stringify(seen.statuses)}, ${seen.broken} connections broke: ${seen.sample.slice(0, 1000)}`,
    )
  return { ...seen, cpuMicros: used.map((micros) => micros / seen.answered) }
}

/** Has another process put a load on a server. */
async function send(load: Load): Promise<Seen> {
  const { stdout } = await execa(process.execPath, [join(import.meta.dirname, 'load.ts'), JSON.stringify(load)])
  return JSON.parse(stdout) as Seen
}

/** The middle one of figures; between two, their mean. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? Number.NaN
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2
}

export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** `4.2 to 5.1` */
export const range = (low: number, high: number): string => `${rounded(low, 1)} to ${rounded(high, 1)}`

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))
