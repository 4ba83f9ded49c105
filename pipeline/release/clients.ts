import type { ClientsSeen } from './deployment.ts'
import type { Release } from './release.ts'

/** Clients that ask until they are stopped. */
export type Clients = {
  readonly seen: { readonly requests: number; readonly failed: number; readonly failures: ReadonlyMap<string, number> }
  readonly stop: () => Promise<void>
}

/** Sends clients to an environment, made for the release that serves it. */
export type SendClients = (stable: Release) => Promise<Clients>

/** Clients for a rehearsal: sent when its canary goes on trial, once, and stopped when disposed at the latest. */
export function openClients(send: SendClients | undefined) {
  let running: Clients | undefined
  return {
    begin: async (stable: Release) => {
      running ??= await send?.(stable)
    },
    /** Stops them; what they saw, or nothing where none were sent. */
    end: async (): Promise<{ readonly clients?: ClientsSeen }> => {
      if (!running) return {}
      await running.stop()
      const { requests, failed, failures } = running.seen
      return { clients: { requests, failed, failures: [...failures].map(([what, count]) => `${count} × ${what}`) } }
    },
    async [Symbol.asyncDispose]() {
      await running?.stop()
    },
  }
}
