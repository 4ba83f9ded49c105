import { pids, read, trackingVariable } from './runner/processes.ts'

export type Environment = { readonly [name: string]: string }

/** Looks ten times a second at what every process of the jobs in a world was started with, until it is disposed. */
export function watchEnvironments(home: string) {
  const seen = new Map<string, Environment>()
  const timer = setInterval(() => {
    for (const pid of pids()) {
      const text = read(`/proc/${pid}/environ`)
      if (text.includes(`${trackingVariable}=`) && text.includes(`=${home}/`)) seen.set(`${pid} ${text}`, parse(text))
    }
  }, 100)
  return {
    /** One entry for each program that a process ran. */
    seen: (): readonly Environment[] => [...seen.values()],
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

const parse = (text: string): Environment =>
  Object.fromEntries(
    text.split('\0').map((line) => {
      const [name = '', ...value] = line.split('=')
      return [name, value.join('=')]
    }),
  )
