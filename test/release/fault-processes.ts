// Faults of real processes: the gateway, and servers that stand in for the real ones.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import type { DeployOptions } from '../../pipeline/release/deployment.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import type { Phase } from './fault-stage.ts'
import type { Behaviour, makeProject } from './project.ts'

export type Project = Awaited<ReturnType<typeof makeProject>>

/** One cell with real processes. */
export type ProcessCell = {
  readonly fault: string
  readonly phase: Phase
  /** What the release's server does. */
  readonly behaviour?: Behaviour
  readonly canary?: object
  /** Breaks it when it is in the phase, and returns what mends it; awaited before it is deployed, else beside. */
  readonly set?: (project: Project) => Promise<void | (() => Promise<void>)>
  readonly more?: Partial<DeployOptions>
  readonly ends: RegExp
  readonly nothing?: true
  /** How the same deploy ends once it is mended; without it, promoted or refused as its end says. */
  readonly next?: RegExp
}

/** What a deploy says when it is in a phase. */
export const says: { readonly [phase in Phase]: RegExp } = {
  'before recording': /^never$/,
  starting: /^starting /,
  trial: /^canary at /,
  promoting: /^promote: /,
  'rolling back': /^roll back: /,
}

const state = ({ root }: Project) => stateDir(root, 'production')

/** Ends a process for good, once it is there. */
const kill = (who: 'gateway' | 'stable' | 'canary') => async (project: Project) => {
  for (const until = Date.now() + 120_000; Date.now() < until; ) {
    const id = who === 'gateway' ? who : (await readJournal(state(project)))[who]?.id
    const found = (await project.processes()).find((process) => process.id === id)
    if (!found) continue
    process.kill(found.pid, 'SIGKILL')
    return
  }
  assert.fail(`there is no ${who} to kill`)
}

/** Listens on a port, as somebody else's program would. Binds at once. */
function occupy(port: number): () => Promise<void> {
  const server = createServer((socket) => socket.on('error', () => {}).destroy()).on('error', () => {})
  server.listen(port, '127.0.0.1')
  return () => new Promise((resolve) => void server.close(() => resolve()))
}

async function loseStable(project: Project, how: (bundle: string) => Promise<void>): Promise<void> {
  const bundles = join(state(project), 'bundles')
  for (const name of await readdir(bundles)) await how(join(bundles, name))
  await kill('stable')(project)
}

const errors = /^rolled back: errors: /
const promoted = /^promoted: /

/** What docker says to a pull, by what is wrong. */
const pulls = {
  'image missing': ['manifest unknown: manifest unknown', /^InputError: docker pull failed: .*manifest unknown/s],
  'registry down': [
    'dial tcp 127.0.0.1:5000: connect: connection refused',
    /^InputError: docker pull failed: .*connection refused/s,
  ],
  'registry refuses': ['unauthorized: authentication required', /^InputError: docker pull failed: .*unauthorized/s],
} as const
const imageOf = (fault: string) => `registry.example/${fault.replaceAll(' ', '-')}`
const whatDockerSays = Object.entries(pulls)
  .map(([fault, [said]]) => `*${imageOf(fault)}*) echo '${said}' ;;`)
  .join(' ')

export const processCells: readonly ProcessCell[] = [
  {
    fault: 'never ready',
    phase: 'starting',
    behaviour: { readyAfterMs: 1e9 },
    ends: /^rolled back: not ready within 60 s/,
  },
  {
    fault: 'does not end when asked',
    phase: 'rolling back',
    behaviour: { errors: 1, ignoresSigterm: true },
    ends: errors,
  },
  { fault: 'slow to start', phase: 'starting', behaviour: { readyAfterMs: 2000 }, ends: promoted },
  { fault: 'dies after 10 requests', phase: 'trial', behaviour: { diesAfter: 10 }, ends: errors },
  { fault: 'never answers', phase: 'trial', behaviour: { hangs: true }, ends: /^rolled back: (errors|.*slower than)/ },
  {
    fault: 'memory grows until it ends',
    phase: 'trial',
    behaviour: { leaks: true },
    // Its trial must not be over before its memory is.
    canary: { min_requests: 20_000 },
    ends: /^rolled back: (errors|slower than)/,
  },
  {
    fault: 'canary killed',
    phase: 'starting',
    set: kill('canary'),
    ends: /^rolled back: the server ended before it was ready/,
  },
  { fault: 'canary killed', phase: 'trial', set: kill('canary'), canary: { min_requests: 2000 }, ends: errors },
  { fault: 'canary killed', phase: 'promoting', set: kill('canary'), ends: promoted },
  { fault: 'stable killed', phase: 'before recording', set: kill('stable'), ends: promoted },
  { fault: 'stable killed', phase: 'starting', set: kill('stable'), ends: promoted },
  { fault: 'stable killed', phase: 'trial', set: kill('stable'), ends: promoted },
  { fault: 'stable killed', phase: 'rolling back', behaviour: { errors: 1 }, set: kill('stable'), ends: errors },
  { fault: 'gateway killed', phase: 'before recording', set: kill('gateway'), ends: promoted },
  {
    fault: 'gateway killed',
    phase: 'starting',
    set: kill('gateway'),
    ends: /^promoted: |^InputError: the gateway does not answer/,
  },
  {
    fault: 'gateway killed',
    phase: 'promoting',
    set: kill('gateway'),
    ends: /^promoted: |^InputError: the gateway does not answer/,
  },
  {
    ...{ fault: 'gateway killed', phase: 'rolling back', behaviour: { errors: 1 }, set: kill('gateway') },
    ends: /^rolled back: errors: |^InputError: the gateway does not answer/,
  },
  {
    ...{
      fault: 'gateway killed, its port taken',
      phase: 'trial',
      canary: { deadline_minutes: 0.06, min_requests: 5000 },
    },
    async set(project) {
      await kill('gateway')(project)
      return occupy(project.ports.production)
    },
    ends: /^(held: the deadline passed|InputError: the gateway does not answer)/,
    next: /^held: /,
  },
  {
    ...{ fault: 'the canary’s port taken', phase: 'starting' },
    async set(project) {
      const { canary } = JSON.parse(readFileSync(join(state(project), 'journal.json'), 'utf8'))
      return occupy(canary.port)
    },
    ends: promoted,
  },
  {
    ...{ fault: 'MLflow has no bundle', phase: 'before recording', nothing: true },
    more: { bundle: async () => Promise.reject(new Error('MLflow at http://127.0.0.1:1 does not answer')) },
    ends: /^Error: MLflow at \S+ does not answer$/,
  },
  {
    ...{ fault: 'another bundle than asked for', phase: 'before recording', nothing: true },
    set: async ({ dir }) => {
      await rename(join(dir, 'bundle-2'), join(dir, 'right'))
      const text = await readFile(join(dir, 'bundle-1', 'manifest.json'), 'utf8')
      await rename(join(dir, 'bundle-1'), join(dir, 'bundle-2'))
      assert.ok(text)
      return async () => {
        await rename(join(dir, 'bundle-2'), join(dir, 'bundle-1'))
        await rename(join(dir, 'right'), join(dir, 'bundle-2'))
      }
    },
    ends: /^InputError: the bundle in \S+ is sha256:\w+, asked for was sha256:\w+: nothing was deployed$/,
  },
  {
    ...{ fault: 'bundle changed before it came', phase: 'before recording', nothing: true },
    set: async ({ dir }) => {
      const file = join(dir, 'bundle-2', 'golden.jsonl')
      const text = await readFile(file)
      await writeFile(file, `${text}{}`)
      return () => writeFile(file, text)
    },
    ends: /^InputError: \S+.*golden\.jsonl/s,
  },
  {
    ...{ fault: 'stable’s bundle changed on disk, and stable killed', phase: 'before recording' },
    set: (project) => loseStable(project, (bundle) => writeFile(join(bundle, 'golden.jsonl'), 'nothing')),
    ends: promoted,
  },
  {
    ...{ fault: 'stable’s bundle gone, nobody has it, and stable killed', phase: 'before recording' },
    set: async (project) => {
      await loseStable(project, (bundle) => rm(bundle, { recursive: true }))
      await rm(join(project.dir, 'bundle-1'), { recursive: true })
    },
    ends: /^promoted: the first release/,
  },
  {
    ...{ fault: 'stable’s code gone, and stable killed', phase: 'before recording' },
    set: async (project) => {
      await rm(join(state(project), 'code'), { recursive: true })
      await kill('stable')(project)
    },
    ends: promoted,
  },
  ...Object.entries(pulls).map(
    ([fault, [, ends]]): ProcessCell => ({
      ...{ fault, phase: 'before recording', nothing: true, ends },
      more: { image: `${imageOf(fault)}@sha256:${'a'.repeat(64)}` },
      set: (project) => withDocker(project),
    }),
  ),
]

/** Servers as containers, of a docker that cannot pull. */
async function withDocker({ root, dir }: Project): Promise<() => Promise<void>> {
  const file = join(root, 'environments/production/environment.yaml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('host:\n', 'host:\n  launcher: docker\n'))
  const bin = join(dir, 'bin')
  await mkdir(bin)
  // Cells run beside each other, and whose is first in the PATH is chance: each knows what all say.
  const script = `#!/bin/sh\ncase "$1" in image) exit 1 ;; pull) case "$*" in ${whatDockerSays} esac >&2; exit 1 ;; esac\n`
  await writeFile(join(bin, 'docker'), script)
  await chmod(join(bin, 'docker'), 0o755)
  process.env['PATH'] = `${bin}${delimiter}${process.env['PATH']}`
  return async () => {
    const left = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== bin)
    process.env['PATH'] = left.join(delimiter)
    await writeFile(file, text)
  }
}
