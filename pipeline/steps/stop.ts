import { environmentsHere, stop as stopEnvironment } from '../release/stop.ts'
import { stopMlflow } from '../tracking/embedded.ts'

/** Ends every process that Mergeline started for this folder, and returns what that was, in words. */
export async function stop(root: string): Promise<readonly string[]> {
  const stopped: string[] = []
  for (const environment of await environmentsHere(root)) {
    const count = await stopEnvironment(root, environment)
    if (count > 0) stopped.push(`${environment} (gateway and servers: ${count} processes)`)
  }
  if (await stopMlflow(root)) stopped.push('MLflow')
  return stopped
}
