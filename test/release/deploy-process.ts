// `deploy` as a process of its own, to be killed: its options come as JSON on the command line.
import { RefusedError } from '../../pipeline/errors.ts'
import { deploy } from '../../pipeline/release/deploy.ts'

const { bundle, ...options } = JSON.parse(process.argv[2] ?? '')
const log = (line: string) => process.stderr.write(`${Date.now()} ${line}\n`)
try {
  const { outcome, digest } = await deploy({
    ...options,
    bundle: async () => bundle,
    registry: { setAlias: async () => {} },
    log,
  })
  process.stdout.write(JSON.stringify({ outcome, digest }))
} catch (error) {
  if (!(error instanceof RefusedError)) throw error
  process.stdout.write(JSON.stringify({ outcome: 'refused' }))
}
