/** A signal that a cancelled job raises: the runner sends SIGINT, 7.5 s later SIGTERM, and ends the process 2.5 s after that. */
export function whenCancelled(): AbortSignal {
  const cancelled = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort())
  return cancelled.signal
}
