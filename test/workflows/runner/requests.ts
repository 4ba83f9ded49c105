import type { Logged } from '../github/state.ts'

/** Between a request's arrival and its being told. */
const lookMs = 5

/** Tells each request that arrives from now on. Returns what ends that. */
export function watchRequests(requests: readonly Logged[], tell: (request: Logged) => void): () => void {
  let told = requests.length
  const timer = setInterval(() => {
    for (; told < requests.length; told++) tell(requests[told] as Logged)
  }, lookMs)
  return () => clearInterval(timer)
}
