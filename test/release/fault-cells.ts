// Faults that need no processes: what is wrong, in which phase of a release it begins, how the release ends, and what the next deploy makes of it once it is mended.
import assert from 'node:assert/strict'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { environment, modelOf } from '../../bench/instants/scene.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { git } from '../../pipeline/release/git.ts'
import { promoteAnyway } from '../../pipeline/release/override.ts'
import { resumeRelease } from '../../pipeline/release/resume.ts'
import type { Faults, Phase, Stage } from './fault-stage.ts'

/** One cell of the matrix. `bad`: the release is one that is rolled back. */
export type Cell = {
  readonly fault: string
  readonly phase: Phase
  readonly bad?: true
  /** Breaks it, and returns what mends it where that is more than to take the faults away. */
  readonly set: (stage: Stage) => Promise<void | (() => Promise<void>)>
  /** How the deploy ends: its outcome and reason, or its error. */
  readonly ends: RegExp
  /** What it must have logged. */
  readonly says?: RegExp
  /** Whether anything may be recorded by then. */
  readonly nothing?: true
  /** Where the next deploy is not the cure. */
  readonly cure?: (stage: Stage) => Promise<void>
  /** How the next deploy ends; by default it promotes the release, or refuses a bad one. */
  readonly next?: RegExp
  /** The versions that Git must say were promoted in the end, and held; by default 2, or 1 and 2 held. */
  readonly runs?: number
  readonly held?: readonly number[]
  readonly aliases?: { readonly [alias: string]: number }
}

const of = (
  phases: readonly (readonly [Phase, RegExp] | readonly [Phase, RegExp, Partial<Cell>])[],
  cell: Pick<Cell, 'fault' | 'set'>,
): readonly Cell[] =>
  phases.map(([phase, ends, more = {}]) => ({
    ...cell,
    phase,
    ends,
    ...(phase === 'rolling back' ? { bad: true } : {}),
    ...more,
  }))

const faulty = (more: Faults) => async (stage: Stage) => void Object.assign(stage.faults, more)

const unknownToGit = /Git does not know it yet/
const promoted = /^promoted: /
const rolledBack = /^rolled back: errors: /

const hidden = async ({ scene: { origin } }: Stage) => {
  await rename(origin, `${origin}.away`)
  return () => rename(`${origin}.away`, origin)
}

const gitDown = of(
  [
    [
      'before recording',
      /^InputError: the branch releases of origin cannot be read: .*; run again when it can$/s,
      { nothing: true },
    ],
    ['starting', promoted, { says: unknownToGit }],
    ['trial', promoted, { says: unknownToGit }],
    ['promoting', promoted, { says: unknownToGit }],
    ['rolling back', rolledBack, { says: unknownToGit }],
  ],
  { fault: 'git down', set: hidden },
)

const gitHangs = of(
  [
    [
      'before recording',
      /^InputError: the branch releases of origin cannot be read: .*no answer in time.*; run again/s,
      { nothing: true },
    ],
    ['promoting', promoted, { says: unknownToGit }],
    ['rolling back', rolledBack, { says: unknownToGit }],
  ],
  {
    fault: 'git does not answer',
    async set({ scene: { here } }) {
      const sockets = new Set<Socket>()
      const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})))
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      const { port } = silent.address() as { port: number }
      await git(here.root, ['remote', 'set-url', 'origin', `git://127.0.0.1:${port}/origin.git`])
      return async () => {
        await git(here.root, ['remote', 'set-url', 'origin', '../origin.git'])
        for (const socket of sockets) socket.destroy()
        silent.close()
      }
    },
  },
)

const refused = of(
  [
    [
      'before recording',
      /^InputError: the branch releases cannot be written: .*not today.*; nothing was recorded$/s,
      { nothing: true },
    ],
    ['promoting', promoted, { says: unknownToGit }],
    ['rolling back', rolledBack, { says: unknownToGit }],
  ],
  {
    fault: 'origin refuses the push',
    async set({ scene: { origin } }) {
      const hook = join(origin, 'hooks/pre-receive')
      await writeFile(hook, '#!/bin/sh\necho not today >&2\nexit 1\n')
      await chmod(hook, 0o755)
      return () => rm(hook)
    },
  },
)

const races = of(
  [
    ['before recording', promoted],
    ['promoting', promoted],
    ['rolling back', rolledBack],
  ],
  {
    fault: 'others push between look and push, five times',
    async set({ faults, scene: { there } }) {
      let left = 5
      faults.beforePush = async () => {
        if (left-- <= 0) return
        await git(there.root, ['fetch', '--quiet', 'origin'])
        const tree = await git(there.root, ['rev-parse', 'origin/releases^{tree}'])
        const other = await git(there.root, ['commit-tree', tree, '-p', 'origin/releases', '-m', `other ${left}`])
        await git(there.root, ['push', '--quiet', 'origin', `${other}:refs/heads/releases`])
      }
    },
  },
)

/** Moves the branch of origin, and back. */
const moved =
  (make: (origin: string, tip: string) => Promise<unknown>) =>
  async ({ scene: { origin } }: Stage) => {
    const tip = await git(origin, ['rev-parse', 'releases'])
    await make(origin, tip)
    return async () => void (await git(origin, ['update-ref', 'refs/heads/releases', tip]))
  }
const ledgerLost = of(
  [
    [
      'before recording',
      /^InputError: origin has no branch releases any more; it said \w+ before.*To bring them back: git push/s,
    ],
    ['promoting', promoted, { says: /Git does not know it yet \(origin has no branch releases any more/ }],
    ['rolling back', rolledBack, { says: /Git does not know it yet \(origin has no branch releases any more/ }],
  ],
  {
    fault: 'origin without the branch releases',
    set: moved((origin) => git(origin, ['update-ref', '-d', 'refs/heads/releases'])),
  },
)
const ledgerRewritten = of(
  [
    ['before recording', /^InputError: origin has another history on the branch releases; it said \w+ before/],
    ['trial', promoted, { says: /Git does not know it yet \(origin has another history/ }],
  ],
  {
    fault: 'origin with another history',
    set: moved((origin, tip) => git(origin, ['update-ref', 'refs/heads/releases', `${tip}~1`])),
  },
)

const others: readonly Cell[] = [
  {
    fault: 'origin without main',
    phase: 'before recording',
    async set({ scene: { origin, commits } }) {
      await git(origin, ['update-ref', '-d', 'refs/heads/main'])
      return async () => void (await git(origin, ['update-ref', 'refs/heads/main', commits.at(-1) ?? '']))
    },
    ends: /^InputError: production: origin has no branch main, so nothing was reviewed there; run `git push/,
    nothing: true,
  },
  {
    fault: 'held pair, unknown to Git',
    phase: 'rolling back',
    bad: true,
    set: hidden,
    ends: rolledBack,
    says: unknownToGit,
    async cure(stage) {
      const away = await hidden(stage).catch(() => undefined)
      const again = await stage.run(2, 'starting', async () => {})
      assert.match(again, /^RefusedError: production: ice-cream-sales v2 .* is on hold since .*errors: /)
      await away?.()
    },
  },
  {
    fault: 'journal damaged',
    phase: 'before recording',
    async set({ state, scene }) {
      await writeFile(join(state, 'journal.json'), '{"format": 1, "stab')
      return async () => {
        // As the error says: stop, and remove the folder.
        await rm(state, { recursive: true })
        scene.here.world.running.clear()
      }
    },
    ends: /^InputError: \S+journal\.json is damaged; run `npm run stop`, remove the folder \S+ and deploy again$/,
    nothing: true,
  },
  {
    fault: 'journal gone, servers still there',
    phase: 'before recording',
    set: async ({ state }) => rm(join(state, 'journal.json')),
    ends: promoted,
  },
  {
    fault: 'lock of a process that is gone, cut short',
    phase: 'before recording',
    set: async ({ state }) => writeFile(join(state, 'lock'), '{"pi'),
    ends: promoted,
  },
  {
    fault: 'two deploys at once',
    phase: 'trial',
    async set(stage) {
      const second = await stage.run(3, 'before recording', async () => {})
      assert.match(
        second,
        /^InputError: production: process \d+ is changing it already; wait until it is done, or end it$/,
      )
    },
    ends: promoted,
  },
  {
    fault: 'two machines at once',
    phase: 'trial',
    async set({ scene }) {
      const { there, commits } = scene
      const holder = { name: 'other', alive: async () => true }
      const site = { root: there.root, environment, bundle: async () => '', registry: null, holder, pollMs: 20 }
      const waiting = deploy({ ...site, commit: commits[0] ?? '', model: modelOf(3), signal: AbortSignal.timeout(300) })
      await assert.rejects(waiting, /interrupted while it waited for life-\d+; nothing was released/)
      assert.match(Object(await resumeRelease(site)).nothing, /^production: life-\d+ rolls out ice-cream-sales v2/)
    },
    ends: promoted,
  },
]

const diskFull = of(
  [
    [
      'before recording',
      /^InputError: \S+journal\.json cannot be written: the disk is full; make room and run again$/,
      { nothing: true },
    ],
    ['starting', /^InputError: \S+journal\.json cannot be written: the disk is full/],
    ['trial', /^InputError: \S+journal\.json cannot be written: the disk is full/],
    ['promoting', /^InputError: \S+journal\.json cannot be written: the disk is full/],
    ['rolling back', /^InputError: \S+journal\.json cannot be written: the disk is full/, { next: rolledBack }],
  ],
  { fault: 'disk full', set: faulty({ diskFull: true }) },
)

const registryDown = of(
  [
    [
      'before recording',
      promoted,
      { says: /the alias production could not be set to version 2 \(no MLflow\); the next deploy sets it/ },
    ],
    ['promoting', promoted, { says: /the alias previous could not be set to version 1/ }],
  ],
  { fault: 'MLflow down', set: faulty({ registry: 'no MLflow' }) },
)
const noBundle = of([['before recording', /^Error: the bundle cannot be had: no MLflow$/, { nothing: true }]], {
  fault: 'MLflow has no bundle',
  set: faulty({ verbs: { prepare: 'the bundle cannot be had: no MLflow' } }),
})

/** The evidence is broken for good: the next deploy holds again, and a person's word ends it. */
const word = async ({ scene, said }: Stage) => {
  const { registry, target, ...site } = await siteOf(scene)
  const done = await promoteAnyway(
    { ...site, registry, ...(target ? { target } : {}), log: (line) => said.push(line) },
    { by: 'Ada', why: 'the meter was broken' },
  )
  assert.equal(done.outcome, 'promoted')
}
const siteOf = async (scene: Stage['scene']) => {
  const { optionsOf } = await import('../../bench/instants/scene.ts')
  const {
    commit: _commit,
    model: _model,
    ...site
  } = optionsOf(scene, scene.here, 2, { step: async () => {}, run: (command) => command() })
  return site
}
const held = (why: RegExp) => new RegExp(`^held: the deadline passed without the evidence to promote: .*${why.source}`)

/** What reads give in place of the events, and for how long: `for good` where what is broken stays in the log. */
const meters: { readonly [fault: string]: readonly [make: (event: object, index: number) => unknown, why: RegExp] } = {
  'events with NaN': [(event) => ({ ...event, ms: Number.NaN }), /ms is NaN/],
  'events with negative times': [(event) => ({ ...event, ms: -5 }), /ms is -5/],
  'events that are no JSON': [() => '{"n": 1, "at', /not an object/],
  'events of yesterday': [(event) => ({ ...event, at: 5 }), /stale: from \d+ ms before the rollout/],
  'events missing in between': [(event, index) => ({ ...event, n: 2 * index + 1 }), /missing/],
  'events of an unknown arm': [(event) => ({ ...event, arm: 'both' }), /arm is both/],
}
const events: readonly Cell[] = [
  ...Object.entries(meters).map(([fault, [make, why]]) => ({
    ...{ fault, phase: 'trial' as const, ends: held(why) },
    set: async ({ faults }: Stage) => {
      let index = 0
      faults.events = (given) => given.map((event) => make(event as object, index++))
    },
  })),
  {
    ...{ fault: 'metrics gone', phase: 'trial', ends: held(/no traffic in this step/) },
    set: faulty({ events: () => [] }),
  },
  {
    ...{ fault: 'the gateway does not say what is missing', phase: 'trial', ends: held(/the gateway does not say/) },
    set: faulty({ missing: 'the gateway does not say whether events are missing (ECONNREFUSED)' }),
  },
  {
    ...{ fault: 'no traffic', phase: 'trial', ends: held(/no traffic in this step/) },
    set: async ({ scene }) => {
      const { world } = scene.here
      const { traffic } = world
      world.traffic = 0
      return async () => void Object.assign(world, { traffic })
    },
  },
  {
    ...{
      fault: 'events cannot be read',
      phase: 'trial',
      ends: held(/its events cannot be read \(EIO: i\/o error, read\)/),
    },
    set: faulty({ events: () => Promise.reject(new Error('EIO: i/o error, read')) }),
  },
  {
    ...{ fault: 'NaN, seen by the gateway and kept in its log', phase: 'trial', ends: held(/ms is NaN/) },
    set: async ({ scene, state }) => {
      const { rollout } = JSON.parse(await readFile(join(state, 'journal.json'), 'utf8'))
      scene.here.world.logs.set(rollout.id, [
        { n: 1, at: Date.now(), arm: 'canary', weight: 0.2, status: 200, ms: Number.NaN, bin: 1, out: 0 },
      ])
    },
    cure: word,
  },
]

const hour = 3_600_000
/** Somebody sets the clock while the canary is watched. */
const jump =
  (clock: number, traffic: number) =>
  async ({ faults, scene }: Stage) => {
    const { world } = scene.here
    Object.assign(world, { traffic })
    faults.events = (events) => {
      faults.clock = clock
      return events
    }
    return async () => void Object.assign(world, { traffic: 400 })
  }
const clock: readonly Cell[] = [
  { fault: 'clock an hour ahead', phase: 'starting', ends: promoted, set: faulty({ clock: hour }) },
  { fault: 'clock an hour back', phase: 'starting', ends: promoted, set: faulty({ clock: -hour }) },
  { fault: 'clock an hour ahead, watched', phase: 'trial', ends: promoted, set: jump(hour, 400) },
  { fault: 'clock an hour back, watched', phase: 'trial', ends: held(/no traffic/), set: jump(-hour, 0) },
  { fault: 'clock an hour ahead, not watched', phase: 'trial', ends: held(/no traffic/), set: faulty({ clock: hour }) },
]

const route = /^Error: connect ECONNREFUSED \(gateway\)$/
const target: readonly Cell[] = [
  ...of(
    [
      ['before recording', route],
      ['starting', route],
      ['trial', route],
      ['promoting', route],
      ['rolling back', route, { next: rolledBack }],
    ],
    {
      fault: 'gateway gone',
      set: faulty({ verbs: { route: 'connect ECONNREFUSED (gateway)' } }),
    },
  ),
  ...of(
    [
      ['promoting', /^Error: it does not end$/],
      ['rolling back', /^Error: it does not end$/],
    ],
    {
      fault: 'the old server does not end',
      set: faulty({ verbs: { retire: 'it does not end' } }),
    },
  ),
  {
    fault: 'every port is lost',
    phase: 'starting',
    set: faulty({ start: { version: 2, why: 'port 4321 is in use', portLost: true } }),
    ends: /^rolled back: port 4321 is in use$/,
    next: /^RefusedError: .*on hold since .*port 4321 is in use/s,
    ...{ runs: 1, held: [2] },
  },
  {
    fault: 'the canary does not start again',
    phase: 'trial',
    set: faulty({ start: { version: 2, why: 'not ready within 60 s: it loads', portLost: false } }),
    ends: /^rolled back: passed its trial, but does not start again: not ready within 60 s: it loads$/,
    ...{ runs: 1, held: [2] },
    next: /^RefusedError: .*on hold since .*does not start again/s,
  },
  {
    fault: 'stable does not start any more',
    phase: 'before recording',
    set: faulty({ start: { version: 1, why: 'its bundle is gone', portLost: false } }),
    ends: promoted,
    says: /v1 .*, which served here, cannot be started: its bundle is gone/,
    // What stood there last is not known here any more.
    aliases: { production: 2 },
  },
  {
    fault: 'stable does not start any more',
    phase: 'trial',
    set: faulty({ start: { version: 1, why: 'its bundle is gone', portLost: false } }),
    ends: promoted,
  },
  {
    fault: 'the smoke test gets no answer',
    phase: 'starting',
    set: faulty({ verbs: { smokeTest: 'socket hang up' } }),
    ends: /^Error: socket hang up$/,
  },
  {
    fault: 'the gateway’s port is taken',
    phase: 'trial',
    set: faulty({ verbs: { open: 'port 8080 is in use by another process' } }),
    ends: promoted,
  },
]

export const cells: readonly Cell[] = [
  ...gitDown,
  ...gitHangs,
  ...refused,
  ...races,
  ...ledgerLost,
  ...ledgerRewritten,
  ...others,
  ...diskFull,
  ...registryDown,
  ...noBundle,
  ...events,
  ...clock,
  ...target,
]
