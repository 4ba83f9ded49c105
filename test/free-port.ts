import { isTaken } from '../pipeline/release/targets/ports.ts'

/** Below those that a system gives out by itself (from 32768 on Linux), so that nobody's connection or server gets one between its choice and its use; each process has a row of its own. */
const [lowest, rows, row] = [10_000, 360, 61]
let next = lowest + ((process.pid * row) % rows) * row

/** A port of the loopback address for what is started later: nobody listens on it, and no other test is given it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next
    next = port + 1 < lowest + rows * row ? port + 1 : lowest
    if (!(await isTaken(port))) return port
  }
}
