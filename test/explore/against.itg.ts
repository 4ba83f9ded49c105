import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeProject } from '../steps/project.ts'

const project = await makeProject()
after(() => project[Symbol.asyncDispose]())

type Told = {
  readonly html: string
  readonly standsOut: readonly string[]
  readonly comparison?: {
    readonly tables: readonly { readonly rows: { readonly before: number; readonly now: number } }[]
  }
}

test('explore fetches data, then compares what lies there with those of a commit, and leaves the tree as it is', async () => {
  const first = await project.done<Told>('explore')
  assert.equal(first.comparison, undefined)
  assert.ok(existsSync(first.html))
  assert.ok((await readdir(join(first.html, '..', 'charts'))).length > 10)
  const same = await project.done<Told>('explore', '--against', 'HEAD')
  assert.deepEqual(same.comparison?.tables, [])

  const drop = (text: string) => text.split('\n').slice(0, 8001).join('\n').concat('\n')
  await project.with('data/sales.csv', drop, async () => {
    const output = join(project.root, '.mergeline', 'elsewhere')
    const told = await project.done<Told>('explore', '--against', 'HEAD', '--output', output)
    assert.equal(told.html, join(output, 'explore.html'))
    assert.deepEqual(told.comparison?.tables[0]?.rows, { before: 17_552, now: 8000 })
    assert.match(told.standsOut[0] ?? '', /^data\/sales.csv, against HEAD .*: 17,552 → 8,000 rows, until 2023-12-31 → /)
    assert.match(
      told.standsOut.join('\n'),
      /data\/sales.csv: rows that are gone: 9,5\d\d \(\d{4}-\d\d-\d\d to 2023-12-31\)\.\n(?!.*both have differ)/,
    )
    assert.match(readFileSync(told.html, 'utf8'), /<h2 id="against-h">Against HEAD/)
    assert.equal(readFileSync(join(project.root, 'data', 'sales.csv'), 'utf8').split('\n').length, 8002)
  })
  const wrong = await project.run(['explore', '--against', 'nowhere'])
  assert.equal(wrong.exitCode, 2)
  assert.match(wrong.stderr, /"nowhere" is no commit of this repository/)
  assert.doesNotMatch(wrong.stderr, /explore: data/, 'told before the data are looked at')
})
