/** `deploy` as a process of its own, to be killed. Its options come as JSON on the command line; prints {outcome} as JSON, and what it says on its standard error. */
import { RefusedError } from '../../pipeline/errors.ts'
import { deploy } from '../../pipeline/release/deploy.ts'

const { bundle, ...options } = JSON.parse(process.argv[2] ?? '')
const log = (line: string) => process.stderr.write(`${line}\n`)
try {
  const { outcome } = await deploy({ ...options, bundle: async () => bundle, registry: null, log })
  process.stdout.write(JSON.stringify({ outcome }))
} catch (error) {
  // What was rolled back before the kill is held by now.
  if (!(error instanceof RefusedError)) throw error
  process.stdout.write(JSON.stringify({ outcome: 'refused' }))
}
