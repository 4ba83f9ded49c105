import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tarOf, trainingLimits, writeTraining } from '../../actions/shared/training-files.ts'
import { untar } from '../../actions/shared/untar.ts'
import { unzip } from '../../actions/shared/unzip.ts'
import { filesOfTraining, readTraining } from '../../pipeline/steps/finished-training.ts'
import { writeSampleTraining } from '../steps/sample-bundle.ts'
import { zipOf } from './zip.ts'

const dir = mkdtempSync(join(tmpdir(), 'mergeline-training-'))
after(() => rmSync(dir, { recursive: true }))
const folder = () => mkdtempSync(join(dir, 'x-'))
const refit = { on: 'all', until: '2024-12-31', more: 50, epochs: 2 } as const

for (const [what, given, count] of [
  ['one model', {}, 9],
  ['a served and a judged model', { refit, more: { refitEpochs: 2 } }, 12],
] as const) {
  test(`a training of ${what} comes out of both kinds of archives as it went in`, async () => {
    const made = await writeSampleTraining(folder(), given)
    const files = await filesOfTraining(made.folder)
    assert.equal(files.length, count)
    const zip = zipOf(files.map((path) => ({ path, content: readFileSync(join(made.folder, path)) })))
    for (const read of [
      untar(await tarOf(made.folder), 'training.tar', trainingLimits.allow),
      await unzip(zip, 'training.zip', trainingLimits),
    ]) {
      const to = folder()
      await writeTraining(to, read)
      assert.equal((await readTraining(to)).digest, made.digest)
      for (const path of files) assert.deepEqual(readFileSync(join(to, path)), readFileSync(join(made.folder, path)))
    }
  })
}
