/**
 * SIGKILL at seeded instants of rollouts on real processes: the deploy, the gateway, a server. Run again, all must end as Git says, with no step applied twice, and each as its model deserves. What an end that is not
 * deserved was drawn from is kept in a folder that the notes name.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { random } from '../../pipeline/random.ts'
import { git } from '../../pipeline/release/git.ts'
import { history } from '../../pipeline/release/history.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import { evidenceIn } from '../../pipeline/release/message.ts'
import { closingOf } from '../../pipeline/release/queue.ts'
import { status } from '../../pipeline/release/status.ts'
import { processesOf } from '../../pipeline/release/targets/processes.ts'
import type { Bench } from '../benches.ts'
import { exampleRecord } from '../bundle.ts'
import { sendClients } from './clients.ts'
import { type End, type Killed, keepEvidence, rowsOf, undeserved, type Victim, victims } from './fates.ts'
import { environment, type Fate, type Project, scratchProject } from './project.ts'

/** Kills come within this time of a deploy's start: longer than most deploys take. */
const withinMs = 6_000
const evidenceFolder = join(
  import.meta.dirname,
  '../../.mergeline/bench/kills',
  new Date().toISOString().replace(/\W/g, ''),
)

export const kills: Bench = {
  describe: 'SIGKILL on deploy, gateway and servers at seeded instants of rollouts: run again, all end as Git says',
  async run({ quick, say, size = quick ? 4 : 100 }) {
    await using project = await scratchProject({ canary: { steps: [50], min_requests: 30, tolerance_percent: 20 } })
    const next = random(5)
    const first = await project.model(1, 'good')
    await deployed(project, first)
    const body = JSON.stringify({ records: [exampleRecord] })
    using clients = sendClients({ port: project.port, rate: 50, key: project.key, body })
    const killed: Killed[] = []
    const files: string[] = []
    for (let index = 0; index < size; index += 1) {
      const victim = victims[index % victims.length] as Victim
      const afterMs = Math.round(next() * withinMs)
      const { file, ...one } = await killOnce(project, index + 2, victim, afterMs, next() < 0.5 ? 'good' : 'shifted')
      killed.push(one)
      if (file) files.push(file)
      say(
        `${index + 1}: ${one.model}, ${one.victim} killed after ${one.afterMs} ms${one.there ? '' : ' (was not there)'}: ${[one.end, ...one.wrong].join('; ')}${file ? `; not what it deserves: ${one.reason} (${file})` : ''}`,
      )
    }
    const { requests, failed } = await clients.seen()
    const wrong = killed.flatMap((one, index) =>
      [...one.wrong, ...(undeserved(one) ? [`a ${one.model} model: ${one.end}: ${one.reason}`] : [])].map(
        (what) => `kill ${index + 1} (${one.victim} after ${one.afterMs} ms): ${what}`,
      ),
    )
    return {
      title: `${size} kills by SIGKILL at seeded instants of rollouts on real processes`,
      rows: rowsOf(killed),
      notes: [
        `${failed} of ${requests} requests failed: what has no gateway, or no stable server, has nobody to answer it until the next deploy.`,
        ...files.map((file) => `not as its model deserves, with its reason, and its events beside it: ${file}`),
      ],
      ...(wrong.length === 0 ? {} : { missed: wrong }),
    }
  },
}

const deployed = (project: Project, { model, bundle }: Awaited<ReturnType<Project['model']>>) => {
  const { root, commit } = project
  const options = { root, environment, commit, model, bundle }
  return execa(process.execPath, [join(import.meta.dirname, 'deploy-process.ts'), JSON.stringify(options)], {
    reject: false,
  })
}

/** One rollout with a kill in it, run again until it says how it ended, and what then is not as it should be. `file`: what it was drawn from, where it is not as the model deserves. */
async function killOnce(
  project: Project,
  version: number,
  victim: Victim,
  afterMs: number,
  model: Fate,
): Promise<Killed & { readonly file?: string }> {
  const made = await project.model(version, model)
  const running = deployed(project, made)
  await Promise.race([sleep(afterMs), running])
  const there = victim === 'deploy' ? running.kill('SIGKILL') : await kill(project, victim)
  const first = await running
  // Again, as anybody would: what is done already is not done twice.
  const again = await deployed(project, made)
  const outcome =
    again.exitCode === 0
      ? (JSON.parse(again.stdout) as { outcome: string }).outcome
      : `failed: ${again.stderr.slice(-300)}`
  const { released, end, message } = await endOf(project, version)
  const wrong = await wrongWith(project, version, made.model.digest, outcome)
  const one: Killed = { victim, model, afterMs, there, end, reason: evidenceIn(message).why || outcome, wrong }
  if (!undeserved(one)) return one
  const events = join(project.state, 'events', `${released.slice(0, 12)}.jsonl`)
  const told = { ...one, message, said: [first.stderr, again.stderr] }
  return { ...one, file: await keepEvidence(evidenceFolder, `kill-${version - 1}-${victim}`, told, events) }
}

/** How a version's release ended, and in which words, as Git has it. */
async function endOf({ root }: Project, version: number) {
  const entries = await history(root, environment)
  const released = entries.find(({ kind, subject }) => kind === 'release' && subject.includes(`v${version} `))?.commit
  const closing = released === undefined ? undefined : closingOf(entries, released)
  const end: End = closing?.promotes ? 'promoted' : closing?.reverts ? 'rolled back' : 'none'
  const message = closing ? await git(root, ['log', '-1', '--format=%B', closing.commit]) : ''
  return { released: released ?? '', end, message }
}

async function kill({ state }: Project, victim: Exclude<Victim, 'deploy'>): Promise<boolean> {
  const journal = await readJournal(state)
  const wanted = victim === 'gateway' ? 'gateway' : journal[victim]?.id
  const found = (await processesOf(state)).find(({ id }) => id === wanted)
  if (found) process.kill(found.pid, 'SIGKILL')
  return found !== undefined
}

async function wrongWith(
  { root, state }: Project,
  version: number,
  digest: string,
  outcome: string,
): Promise<readonly string[]> {
  const wrong: string[] = []
  const expect = (holds: boolean, what: string) => holds || wrong.push(what)
  const production = (await status(root)).find((one) => one.environment === environment)
  const git = production?.release?.model.digest
  const members = production?.members ?? []
  expect(
    members.length === 1 && members[0]?.ready === true,
    `${members.length} members, ready: ${members.map(({ ready }) => ready)}`,
  )
  expect(members[0]?.digest === git, `serves ${members[0]?.digest}, Git says ${git}`)
  expect((await readJournal(state)).rollout === null, 'a rollout is left')
  expect((await processesOf(state)).length === 2, `${(await processesOf(state)).length} processes`)
  const promoted = outcome === 'promoted' || outcome === 'unchanged'
  expect(promoted || outcome === 'rolled back' || outcome === 'refused', outcome)
  expect((git === digest) === promoted, `${outcome}, and Git says ${git}`)
  const entries = await history(root, environment)
  const mine = entries.filter(({ subject }) => subject.includes(`v${version} `))
  const releases = mine.filter(({ kind }) => kind === 'release')
  expect(releases.length === 1, `${releases.length} releases recorded`)
  const [released] = releases
  const ends = entries.filter(
    ({ reverts, promotes }) => released && (reverts === released.commit || promotes === released.commit),
  )
  expect(
    ends.length === 1 && ends[0]?.kind === (promoted ? 'promote' : 'revert'),
    `ends: ${ends.map(({ kind }) => kind)}`,
  )
  return wrong
}
