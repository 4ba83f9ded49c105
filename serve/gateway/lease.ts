import type { Members } from '../../pipeline/gateway-members.ts'
import { isOnTrial } from './members.ts'

export type Lease = {
  /** A share with a lease begins to run out; whatever ran before does not count any more. */
  begin(members: Members): void
  end(): void
}

/** Keeps one lease: when nobody begins another in time, `ended` is called with the same members without a share for the canary, and without copies. */
export function createLease(ended: (members: Members) => void): Lease {
  let timer: NodeJS.Timeout | undefined
  return {
    begin(members) {
      clearTimeout(timer)
      const { leaseMs, mirror: _mirror, ...unwatched } = members
      if (leaseMs === undefined || !isOnTrial(members)) return
      timer = setTimeout(() => ended({ ...unwatched, weight: 0 }), leaseMs)
    },
    end: () => clearTimeout(timer),
  }
}
