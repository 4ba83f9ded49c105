import { unwatchFile, watchFile } from 'node:fs'

// Once a second, by looking: it sees what inotify does not, the link that Kubernetes moves to change a mounted secret, and network file systems.
const everyMs = 1000

/**
 * Calls `changed` when any of the files is written, replaced or, by a link, exchanged. What it throws goes to `failed`: a file that is wrong must not stop
 * a server that runs on the one before. Returns how to stop watching; the watching alone keeps no process alive.
 */
export function watchFiles(
  files: readonly string[],
  changed: () => void,
  failed: (error: Error) => void,
  intervalMs = everyMs,
): () => void {
  const look = () => {
    try {
      changed()
    } catch (error) {
      failed(error as Error)
    }
  }
  for (const file of files) watchFile(file, { interval: intervalMs, persistent: false }, look)
  return () => {
    for (const file of files) unwatchFile(file, look)
  }
}
