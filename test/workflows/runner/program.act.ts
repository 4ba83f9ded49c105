import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { actProgram } from './program.ts'

test('where act is missing, one line says how to install it', async () => {
  assert.match(await actProgram(), /act$/)
  const script = `import { actProgram } from ${JSON.stringify(join(import.meta.dirname, 'program.ts'))}
await actProgram().catch(({ message }) => console.log(message))`
  const { stdout } = await execa(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    env: { PATH: '/nowhere', HOME: '/nowhere' },
    extendEnv: false,
  })
  assert.equal(
    stdout,
    'act, which runs the workflows here, is missing: install it with `go install github.com/nektos/act@v0.2.89` (Go ≥ 1.24)',
  )
})
