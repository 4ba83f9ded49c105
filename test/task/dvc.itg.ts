import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { dataHash, dvcPull } from '../../pipeline/data/dvc.ts'
import { sampleFiles } from './sample-folder.ts'

const root = join(import.meta.dirname, '../..')

test('dvc pull brings the sample in any clone; what is not what data.dvc names is refused', async () => {
  const clone = mkdtempSync(join(tmpdir(), 'mergeline-dvc-'))
  const venv = join(root, '.venv', 'bin')
  process.env['PATH'] = `${venv}:${process.env['PATH']}`
  try {
    await execa('git', ['clone', '--quiet', root, clone])
    await assert.rejects(dataHash(clone), /^InputError: data\/ is missing; run `.venv\/bin\/dvc pull`/)
    assert.deepEqual(await dvcPull(clone), { pulled: true })
    const hash = await dataHash(clone)
    assert.match(hash, /^[0-9a-f]{32}\.dir$/)
    assert.deepEqual(await dvcPull(clone), { pulled: false })
    assert.equal(existsSync(join(clone, 'data/sales.csv')), true)
    assert.equal(
      sampleFiles['data/sales.csv']?.length,
      (await execa('cat', ['data/sales.csv'], { cwd: clone, stripFinalNewline: false })).stdout.length,
    )

    // A file that .dvcignore leaves out is no change, another one is.
    writeFileSync(join(clone, 'data/.DS_Store'), 'x')
    assert.equal(await dataHash(clone), hash)
    appendFileSync(join(clone, 'data/sales.csv'), '\n')
    await assert.rejects(dataHash(clone), /data\/ is not what data.dvc names .* run `.venv\/bin\/dvc add data`/)

    // Names beyond ASCII have the hash that DVC gives them.
    writeFileSync(join(clone, 'data/Zürich 😀 "x".csv'), 'a\n')
    rmSync(join(clone, 'data/.DS_Store'))
    await execa('dvc', ['add', '--quiet', 'data'], { cwd: clone })
    assert.notEqual(await dataHash(clone), hash)

    rmSync(join(clone, 'data'), { recursive: true })
    rmSync(join(clone, '.dvc/cache'), { recursive: true })
    renameSync(join(clone, '.dvc/remote'), join(clone, '.dvc/elsewhere'))
    await assert.rejects(
      dvcPull(clone),
      /^InputError: fetching data\/[\s\S]*run `.venv\/bin\/dvc push` where they were added/,
    )
  } finally {
    rmSync(clone, { recursive: true })
  }
})
