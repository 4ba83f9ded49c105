import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadRawFile } from '../../pipeline/data/csv.ts'
import { openDatabase } from '../../pipeline/data/duckdb.ts'
import { presentHash } from '../../pipeline/data/dvc.ts'
import { validateData } from '../../pipeline/data/validate.ts'
import { rawFiles } from '../../pipeline/task/record.ts'
import { folderWith } from '../data/folder.ts'
import { sampleFiles } from './sample-folder.ts'

const other: { readonly [name: string]: (path: string) => void } = {
  'link to a file': (path) => symlinkSync('/etc/passwd', path),
  'dangling link': (path) => symlinkSync('/nonexistent', path),
  'link to itself': (path) => symlinkSync('sales.csv', path),
  pipe: (path) => execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', path]),
  folder: (path) => mkdirSync(path),
}

for (const [name, make] of Object.entries(other)) {
  test(`${name} instead of a raw file: told with its path and cure, neither followed nor waited for`, async () => {
    using folder = folderWith(sampleFiles)
    const { root } = folder
    rmSync(join(root, 'data/sales.csv'))
    make(join(root, 'data/sales.csv'))
    const said = /data\/sales\.csv: is a (link|pipe|folder) and not a plain file; put a plain file in its place/
    const report = await validateData(root, { max_shown: 5, family_wise_error: 0.01 })
    const found = report.findings.filter(({ file }) => file === 'data/sales.csv')
    assert.deepEqual(
      found.map(({ rule, severity }) => [rule, severity]),
      [['not a plain file', 'error']],
    )
    assert.doesNotMatch(JSON.stringify(report), /root:/)
    using database = await openDatabase(join(root, 'data'))
    await assert.rejects(loadRawFile(database.connection, 'sales', root, rawFiles.sales), said)
    if (name !== 'folder') assert.throws(() => presentHash(root), said)
  })
}

test('data/ with a link, a loop or a pipe beside the files, or data/ itself as a link or a file: no hash', async () => {
  for (const make of [
    (path: string) => symlinkSync('/etc', path),
    (path: string) => symlinkSync('.', path),
    (path: string) => execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', path]),
  ]) {
    using folder = folderWith(sampleFiles)
    mkdirSync(join(folder.root, 'data/sub'))
    make(join(folder.root, 'data/sub/extra'))
    assert.throws(() => presentHash(folder.root), /^InputError: data\/sub\/extra: is a (link|pipe)/)
  }
  using linked = folderWith(sampleFiles)
  renameSync(join(linked.root, 'data'), join(linked.root, 'elsewhere'))
  symlinkSync('elsewhere', join(linked.root, 'data'))
  assert.throws(() => presentHash(linked.root), /^InputError: data: is a link and not a plain folder/)
  assert.match(
    (await validateData(linked.root, { max_shown: 5, family_wise_error: 0.01 })).findings[0]?.what ?? '',
    /^data is a link/,
  )
  rmSync(join(linked.root, 'data'))
  writeFileSync(join(linked.root, 'data'), 'x')
  assert.throws(() => presentHash(linked.root), /^InputError: data: is a file and not a plain folder/)
  assert.match(
    (await validateData(linked.root, { max_shown: 5, family_wise_error: 0.01 })).findings[0]?.what ?? '',
    /^data is a file/,
  )
})
