import { git } from '../github/git/command.ts'
import { shownWholePull } from '../github/shown/pull.ts'
import { shownRepository } from '../github/shown/repository.ts'
import { shownRun, shownWorkflow } from '../github/shown/run.ts'
import { shownUser } from '../github/shown/user.ts'
import type { Event as Happened, Run } from '../github/state.ts'
import type { World as Services } from '../github/world.ts'
import type { Happening } from './starts.ts'
import type { World } from './world.ts'

/** What starts workflows: the event that GitHub sends, and what is checked out for it. */
export type Event = {
  readonly name: string
  /** `GITHUB_REF` */
  readonly ref: string
  /** `GITHUB_SHA`; the workflow's file is that of this commit, too. */
  readonly sha: string
  readonly actor: string
  /** As in https://docs.github.com/webhooks/webhook-events-and-payloads. */
  readonly payload: { readonly [key: string]: unknown }
}

type Part = { readonly [key: string]: Part & string }

/** What of an event `on:` is about. */
export function happeningOf({ name, ref, payload }: Event): Happening {
  const part = payload as Part
  const about = {
    pull_request: part['pull_request']?.['base']?.['ref'],
    workflow_run: part['workflow_run']?.['head_branch'],
  }
  return {
    name,
    ref: about[name as keyof typeof about] ?? ref,
    action: part['action'],
    workflow: part['workflow']?.['name'],
  }
}

/** What a run of the event is about: for a pull request its own head, not the trial merge. */
export function headOf({ name, ref, sha, payload }: Event, repository: string) {
  const head = (payload as Part)['pull_request']?.['head']
  if (name === 'pull_request' && head)
    return {
      headSha: head['sha'] ?? '',
      headBranch: head['ref'] ?? '',
      headRepository: head['repo']?.['full_name'] ?? '',
    }
  return { headSha: sha, headBranch: ref.replace(/^refs\/(heads|tags)\//, ''), headRepository: repository }
}

/** The branches of a pull request, as a job's environment names them. */
export function sidesOf({ payload }: Event): { readonly [name: string]: string } {
  const pull = (payload as Part)['pull_request']
  const sides = { GITHUB_HEAD_REF: pull?.['head']?.['ref'], GITHUB_BASE_REF: pull?.['base']?.['ref'] }
  return Object.fromEntries(Object.entries(sides).flatMap(([name, ref]) => (ref ? [[name, ref]] : [])))
}

/** The event as GitHub sends it for what happened to the repository; null where it starts nothing: a deletion, or a pull request that conflicts with main. */
export async function eventOf(world: World, happened: Happened): Promise<Event | null> {
  const { origin } = world.github
  const { event, ref, before, after, actor } = happened
  if (/^0+$/.test(after) || !happened.starts) return null
  const sender = senderOf(world, actor)
  if (event === 'pull_request') {
    const pull = world.github.state.pulls.find(({ number }) => number === happened.pull)
    if (!pull?.trialSha) return null
    const { action } = happened
    const moved = action === 'synchronize' ? { before, after } : {}
    const payload = {
      action,
      number: pull.number,
      pull_request: await shownWholePull(servicesOf(world), pull),
      ...moved,
      ...sender,
    }
    return { name: event, ref, sha: pull.trialSha, actor, payload }
  }
  const sha = await git(origin, ['rev-parse', `${after}^{commit}`])
  const commit = await commitOf(origin, sha)
  if (event === 'merge_group') {
    const group = { head_sha: sha, head_ref: ref, base_sha: before, base_ref: 'refs/heads/main', head_commit: commit }
    return { name: event, ref, sha, actor, payload: { action: 'checks_requested', merge_group: group, ...sender } }
  }
  const flags = { created: /^0+$/.test(before), deleted: false, forced: false, base_ref: null }
  const payload = {
    ref,
    before,
    after,
    ...flags,
    commits: [commit],
    head_commit: commit,
    pusher: { name: actor },
    ...sender,
  }
  return { name: event, ref, sha, actor, payload }
}

/** What GitHub sends when a run has ended; its workflows are those of main. */
export async function workflowRunEvent(world: World, run: Run): Promise<Event> {
  const at = await onMain(world)
  const services = servicesOf(world)
  const parts = { workflow_run: await shownRun(services, run), workflow: shownWorkflow(services, run.workflow) }
  return {
    name: 'workflow_run',
    ...at,
    actor: run.actor,
    payload: { action: 'completed', ...parts, ...senderOf(world, run.actor) },
  }
}

/** The hour has come. */
export async function scheduleEvent(world: World, schedule: string): Promise<Event> {
  const at = await onMain(world)
  return { name: 'schedule', ...at, payload: { schedule, ...senderOf(world, at.actor) } }
}

/** Somebody presses "Run workflow" on a branch. */
export async function dispatchEvent(
  world: World,
  inputs: { readonly [name: string]: string } = {},
  branch = 'main',
): Promise<Event> {
  const at = await on(world, branch)
  return { name: 'workflow_dispatch', ...at, payload: { inputs, ref: at.ref, ...senderOf(world, at.actor) } }
}

const onMain = (world: World) => on(world, 'main')

async function on({ github }: World, branch: string) {
  const ref = `refs/heads/${branch}`
  return { ref, sha: await git(github.origin, ['rev-parse', ref]), actor: 'grace' }
}

const senderOf = (world: World, login: string) => {
  const services = servicesOf(world)
  return { repository: shownRepository(services), sender: shownUser(services.urls, login) }
}

/** What the stand-in's views of things ask for. */
function servicesOf({ github }: World): Services {
  const { state, origin, apiUrl: api, serverUrl: server } = github
  return { state, origin, urls: { api, server, uploads: api, results: api, storage: api } } as Services
}

async function commitOf(origin: string, sha: string) {
  const said = await git(origin, ['log', '-1', '--format=%T%n%aI%n%an%n%ae%n%B', sha])
  const [tree_id, timestamp, name, email, ...message] = said.split('\n')
  const author = { name, email }
  return { id: sha, tree_id, distinct: true, message: message.join('\n').trim(), timestamp, author, committer: author }
}
