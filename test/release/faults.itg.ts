// What may go wrong × when: in every cell the release ends within its deadline and a minute, with the reason in words; once it is mended, the next deploy brings all to what Git names.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { environment, makeTemplate, type Scene } from '../../bench/instants/scene.ts'
import { wrongWith } from '../../bench/instants/wrong.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { history } from '../../pipeline/release/history.ts'
import { promotedRelease } from '../../pipeline/release/record.ts'
import { status } from '../../pipeline/release/status.ts'
import { type Cell, cells } from './fault-cells.ts'
import { type ProcessCell, processCells, says } from './fault-processes.ts'
import { makeStage, told } from './fault-stage.ts'
import { clients, makeProject } from './project.ts'

/** Of a trial's deadline: where it is to pass, and where it is not. */
const minutes = { short: 0.02, long: 5 }
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
      rows.push(await inCell(templates.get(deadline) as Scene, join(dir, `cell-${index}`), cell, deadline))
    })
  after(() => console.log(`${rows.length} cells\n${rows.join('\n')}`))
})

describe('faults in a release, of real processes', { concurrency: 3 }, () => {
  const rows: string[] = []
  for (const cell of processCells)
    test(`${cell.fault} × ${cell.phase}`, async () => {
      rows.push(await withProcesses(cell))
    })
  after(() => console.log(`${rows.length} cells with processes\n${rows.join('\n')}`))
})

async function withProcesses(cell: ProcessCell): Promise<string> {
  const { fault, phase, behaviour = {}, canary, set, more = {}, ends, nothing, next } = cell
  await using project = await makeProject({ origin: false, ...(canary ? { canary } : {}) })
  const { root } = project
  const commit = await project.commit()
  await deploy(project.options(await project.model(1), commit))
  const options = project.options(await project.model(2, behaviour), commit)
  await using _traffic = clients(project.ports.production, 2)
  let setting: Promise<void | (() => Promise<void>)> | undefined
  const log = (line: string) => {
    if (says[phase].test(line)) setting ??= set?.(project)
  }
  const started = performance.now()
  if (phase === 'before recording') setting = set?.(project)
  if (phase === 'before recording') await setting
  const ended = await told(() => deploy({ ...options, ...more, log }))
  const took = performance.now() - started
  // Where no deadline is to pass, what takes longest is a server that is never ready: a minute.
  const { deadline_minutes = 0 } = (canary ?? {}) as { readonly deadline_minutes?: number }
  assert.ok(took < (Math.max(1, deadline_minutes) + 1) * 60_000, `${Math.round(took)} ms`)
  assert.match(ended, ends)
  assert.ok(!set || setting, `never in the phase ${phase}`)
  await (await setting)?.()
  const entries = (await history(root, environment)).length
  if (nothing) assert.equal(entries, 2)
  const then = await told(() => deploy(options))
  assert.match(
    then,
    next ??
      (ended.startsWith('rolled back') || behaviour.errors
        ? /^RefusedError: .*on hold since|^rolled back: /s
        : /^(promoted|unchanged): /),
  )
  const back = [ended, then].some((said) => said.startsWith('rolled back'))
  // What a refusal does not start again, the next release does: here, the one that serves.
  if (back)
    assert.match(await told(async () => deploy(project.options(await project.model(1), commit))), /^unchanged: /)
  const [production] = await status(root)
  const ready = production?.members
    .filter((member) => member.ready)
    .map(({ arm, release }) => `${arm} v${release.model.version}`)
  const promotedNow = (await promotedRelease(root, environment))?.model.version
  const open = production?.rollout ? ['canary v2'] : []
  assert.deepEqual(ready, [`stable v${promotedNow}`, ...open])
  assert.equal(promotedNow, back || open.length > 0 ? 1 : 2)
  assert.equal((await project.processes()).length, 2 + open.length)
  return row(fault, phase, ended.replaceAll(project.dir, '…'), took, then)
}

async function inCell(template: Scene, folder: string, cell: Cell, deadline: number): Promise<string> {
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
  assert.ok(took < (deadline + 1) * 60_000, `${Math.round(took)} ms`)
  assert.match(ended, ends)
  if (says) assert.match(said.join('\n'), says)
  await undo?.()
  mend()
  if (nothing) assert.equal((await history(scene.here.root, environment)).length, 2)
  await cure?.(stage)
  const then = await stage.run(2, 'before recording', async () => {})
  assert.match(then, next ?? (bad ? /^RefusedError: .*on hold since/s : /^(promoted|unchanged): /))
  const endings = runs === 2 ? { 1: ['promote'], 2: ['promote'] } : { 1: ['promote'], 2: ['revert'] }
  const registry = aliases ?? (runs === 2 ? { production: 2, previous: 1 } : { production: 1 })
  const wrong = await wrongWith(scene, { ...base, runs, held, ends: endings, aliases: registry } as Parameters<
    typeof wrongWith
  >[1])
  assert.deepEqual(wrong, [])
  return row(fault, phase, ended.replaceAll(folder, '…'), took, then)
}

const base = { promoted: [1], deadlineMinutes: 0, commands: [] }

function row(fault: string, phase: string, ended: string, took: number, then: string): string {
  return `${fault} × ${phase} | ${ended.split('\n')[0]?.slice(0, 150)} | ${(took / 1000).toFixed(1)} s | then ${then.split(':')[0]}`
}
