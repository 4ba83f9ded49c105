// What may go wrong × when: in every cell the release ends within its deadline and a minute, with the reason in words; once it is mended, the next deploy brings all to what Git names.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { environment, makeTemplate, type Scene } from '../../bench/instants/scene.ts'
import { wrongWith } from '../../bench/instants/wrong.ts'
import { history } from '../../pipeline/release/history.ts'
import { type Cell, cells } from './fault-cells.ts'
import { makeStage } from './fault-stage.ts'

/** Of a trial's deadline: where it is to pass, and where it is not. */
const minutes = { short: 0.02, long: 0.5 }
const dir = await mkdtemp(join(tmpdir(), 'mergeline-faults-'))
after(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }))
const rows: string[] = []

describe('faults in a release, on real git and a target in memory', { concurrency: 4 }, () => {
  const templates = new Map<number, Scene>()
  before(async () => {
    for (const deadlineMinutes of Object.values(minutes)) {
      const folder = join(dir, `template-${deadlineMinutes}`)
      await mkdir(folder)
      templates.set(deadlineMinutes, await makeTemplate(folder, { promoted: [1], deadlineMinutes }))
    }
  })
  for (const [index, cell] of cells.entries())
    test(`${cell.fault} × ${cell.phase}`, async () => {
      const deadline = cell.ends.source.includes('the deadline passed') ? minutes.short : minutes.long
      rows.push(await inCell(templates.get(deadline) as Scene, join(dir, `cell-${index}`), cell))
    })
  after(() => console.log(`${rows.length} cells\n${rows.join('\n')}`))
})

async function inCell(template: Scene, folder: string, cell: Cell): Promise<string> {
  const {
    fault,
    phase,
    bad = false,
    set,
    ends,
    says,
    nothing,
    cure,
    next,
    aliases,
    runs = bad ? 1 : 2,
    held = bad ? [2] : [],
  } = cell
  const stage = await makeStage(template, folder)
  const { scene, said, mend } = stage
  if (bad) scene.bad.add(2)
  let undo: (() => Promise<void>) | undefined
  let reached = false
  const started = performance.now()
  const ended = await stage.run(2, phase, async () => {
    reached = true
    undo = (await set(stage)) ?? undefined
  })
  const took = performance.now() - started
  assert.ok(reached, `never in the phase ${phase}: ${ended}`)
  assert.match(ended, ends)
  if (says) assert.match(said.join('\n'), says)
  assert.ok(took < minutes.short * 60_000 + 60_000, `${Math.round(took)} ms`)
  await undo?.()
  mend()
  if (nothing) assert.equal((await history(scene.here.root, environment)).length, 2)
  await cure?.(stage)
  const then = await stage.run(2, 'before recording', async () => {})
  assert.match(then, next ?? (bad ? /^RefusedError: .*on hold since/s : /^(promoted|unchanged): /))
  const endings = runs === 2 ? { 1: ['promote'], 2: ['promote'] } : { 1: ['promote'], 2: ['revert'] }
  const told = aliases ?? (runs === 2 ? { production: 2, previous: 1 } : { production: 1 })
  const wrong = await wrongWith(scene, { ...base, runs, held, ends: endings, aliases: told } as Parameters<
    typeof wrongWith
  >[1])
  assert.deepEqual(wrong, [])
  return `${fault} × ${phase} | ${ended.split('\n')[0]?.replaceAll(folder, '…').slice(0, 150)} | ${(took / 1000).toFixed(1)} s | then ${then.split(':')[0]}`
}

const base = { promoted: [1], deadlineMinutes: 0, commands: [] }
