import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** What the clients saw. `kept`: of the requests, those on connections that are kept; `lastSent`: by digest, when the last request that this model answered was sent, ms since 1970. */
export type Seen = {
  requests: number
  failed: number
  kept: number
  inFlight: number
  readonly failures: { [why: string]: number }
  readonly lastSent: { [digest: string]: number }
  slowestMs: number
}

export type Clients = Disposable & { readonly seen: () => Promise<Seen> }

/** Sends clients, from a process of their own, until disposed. `rate`: requests a second that begin, whatever became of those before. */
export function sendClients(load: {
  readonly port: number
  readonly rate: number
  readonly key: string
  readonly body: string
}): Clients {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts'), JSON.stringify(load)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting: ((seen: Seen) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line) as Seen))
  return {
    seen: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        child.stdin.write('\n')
      }),
    [Symbol.dispose]: () => void child.stdin.end(),
  }
}
