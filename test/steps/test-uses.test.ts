import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadParams } from '../../pipeline/params.ts'
import { git } from '../../pipeline/release/git.ts'
import { saidOfUses } from '../../pipeline/report/uses.ts'
import { countUses } from '../../pipeline/steps/test-uses.ts'
import { makeRepository, recordRelease, releaseOf } from '../release/repository.ts'

const params = loadParams(join(import.meta.dirname, '../..'))
const data = `${'1'.repeat(32)}.dir`
const digest = (letter: string) => `sha256:${letter.repeat(64)}`

test('models are counted once, by digest: judged here, and released from a commit with these data', async () => {
  await using repository = await makeRepository()
  const { root } = repository
  const commitData = async (hash: string) => {
    await writeFile(join(root, 'data.dvc'), `outs:\n- md5: ${hash}\n  path: data\n`)
    await git(root, ['add', 'data.dvc'])
    await git(root, ['commit', '--quiet', '-m', 'data'])
    return git(root, ['rev-parse', 'HEAD'])
  }
  const context = { root, params, tracking: null, say: () => {}, progress: () => {} }
  const count = (letter: string) => countUses(context, null, data, digest(letter))
  assert.deepEqual(await count('a'), { models: 1, here: 1, released: 0 })
  assert.deepEqual(await count('a'), { models: 1, here: 1, released: 0 })
  assert.deepEqual(await count('b'), { models: 2, here: 2, released: 0 })

  await recordRelease(root, 'staging', releaseOf('c', await commitData(`${'2'.repeat(32)}.dir`)))
  const commit = await commitData(data)
  await recordRelease(root, 'staging', releaseOf('a', commit))
  await recordRelease(root, 'staging', releaseOf('d', commit))
  assert.deepEqual(await count('b'), { models: 3, here: 2, released: 2 })

  await mkdir(join(root, '.mergeline', 'judged', data, 'odd'), { recursive: true })
  assert.equal((await count('b')).here, 2)
})

test('the report says who counted, and what luck can do', () => {
  assert.match(
    saidOfUses({ models: 1, here: 1, released: 0 }),
    /used on 1 model that is known of \(1 judged on this machine, 0 in the ledger\); what was tried elsewhere is not counted\.$/,
  )
  const { log, sqrt } = Math
  const said = saidOfUses({ models: 50, here: 2, runs: 49, released: 7 })
  assert.match(
    said,
    /50 models that are known of \(49 with a run in MLflow, 2 judged on this machine, 7 in the ledger\)/,
  )
  assert.ok(said.includes(`up to ${sqrt(2 * log(50)).toFixed(1)} standard errors`))
})
