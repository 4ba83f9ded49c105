/**
 * What goes wrong: `status` answers with that status (429 and 403 with `retryAfter` in seconds), `reset` cuts the connection, `delayMs` is slow.
 * With `after`, the work is done first and only its answer is lost.
 */
export type Fault = {
  readonly status?: number
  readonly retryAfter?: number
  readonly reset?: boolean
  readonly delayMs?: number
  readonly after?: boolean
}

export type Faults = ReturnType<typeof openFaults>

/** The faults that tests have ordered, by operation: `GET /repos/{owner}/{repo}/pulls`, `CreateArtifact`, `PUT blob`, `GET blob`, `git-receive-pack`. */
export function openFaults() {
  const ordered = new Map<string, Fault[]>()
  return {
    /** The next calls of an operation fail so, one after the other. */
    order(operation: string, faults: readonly Fault[]) {
      ordered.set(operation, [...(ordered.get(operation) ?? []), ...faults])
    },
    /** What the call at hand is to suffer. */
    next: (operation: string): Fault | undefined => ordered.get(operation)?.shift(),
    /** Operations with faults that nobody ran into. */
    left: () => [...ordered].filter(([, faults]) => faults.length > 0).map(([operation]) => operation),
  }
}
