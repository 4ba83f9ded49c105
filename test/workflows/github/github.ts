import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type JobOf, openCredentials, type Tokens } from './credentials.ts'
import { changeDeployment, type DeploymentOf, type StatusOf, startDeployment } from './deployments.ts'
import { openDescription } from './description/description.ts'
import { type Fault, openFaults } from './faults.ts'
import { git } from './git/command.ts'
import { serveGit } from './git/http.ts'
import { makeBare, writeHooks } from './git/repository.ts'
import { type Method, merge } from './merge.ts'
import { type Group, landGroup, mergeGroup } from './merge-queue.ts'
import { openPull, type PullOf, retarget } from './pulls.ts'
import { serveRest } from './rest/rest.ts'
import { serveResults } from './results.ts'
import { finishJob, finishRun, type RunOf, startRun } from './runs.ts'
import { type Handler, listen } from './server.ts'
import { type Deployment, type DeploymentStatus, emptyState, type Pull, type Run, type State } from './state.ts'
import { serveStorage } from './storage.ts'
import { folderOf, halves, oneByOne, type World } from './world.ts'

export type Options = {
  readonly dir: string
  /** `acme/ice-cream` */
  readonly repository?: string
  readonly private?: boolean
  /** GitHub's description of its API, as `npm run test:workflows` installs it; null where requests shall not be checked against it. */
  readonly description?: string | null
}

const installed = join(import.meta.dirname, '../../../.mergeline/setup/github.json')

export type GitHubStandIn = Awaited<ReturnType<typeof startGitHub>>

/**
 * Starts a stand-in for GitHub on the loopback interface, with one empty repository (and its forks). It keeps its state in `state` and its files in `dir`; what it
 * does not know is a 501 and a violation, never a silent yes.
 */
export async function startGitHub(options: Options) {
  const { dir, repository = 'acme/ice-cream' } = options
  const description = options.description === null ? null : openDescription(options.description ?? installed)
  const state = emptyState(repository, options.private ?? false)
  const origin = folderOf(dir, repository)
  const hooks = join(dir, 'hooks')
  const urls = { api: '', server: '', uploads: '', results: '', storage: '' }
  const credentials = openCredentials(state)
  const world: World = { state, dir, origin, urls, credentials, faults: openFaults(), description, inTurn: oneByOne() }
  await mkdir(join(dir, 'storage'), { recursive: true })
  await writeHooks(hooks)
  await makeBare(origin, hooks)

  const failed = (request: string, error: unknown) => {
    state.violations.push({ request, what: `the stand-in failed: ${error instanceof Error ? error.stack : error}` })
  }
  const start = (serve: (world: World, ...rest: Parameters<Handler>) => Promise<void>) =>
    listen((request, response) => serve(world, request, response), failed)
  const servers = {
    api: await start(serveRest),
    uploads: await start(serveRest),
    server: await start(serveGit),
    results: await start(serveResults),
    storage: await start(serveStorage),
  }
  // `localhost` in the name: to the client of artifacts any other address is an enterprise server, which it refuses.
  for (const [name, { port }] of Object.entries(servers))
    urls[name as keyof typeof urls] = `http://${name === 'server' ? 'github.localhost' : '127.0.0.1'}:${port}`

  const groups = new Map<string, readonly Group[]>()
  return {
    state,
    origin,
    apiUrl: urls.api,
    uploadsUrl: urls.uploads,
    /** Git: `${serverUrl}/acme/ice-cream.git`; people push as `http://user:<login>@…`. Git finds this name by itself, Node may not. */
    serverUrl: urls.server,
    /** `ACTIONS_RESULTS_URL` */
    resultsUrl: urls.results,
    /** Tokens for a job that begins now: `GITHUB_TOKEN` and `ACTIONS_RUNTIME_TOKEN`. */
    mintToken: (job: JobOf): Tokens => credentials.mint(job),
    /** Makes a fork and returns its folder; its owner may push to it. */
    async fork(owner: string): Promise<string> {
      const folder = folderOf(dir, `${owner}/${halves(repository).name}`)
      await makeBare(folder, hooks)
      await git(folder, ['fetch', '--quiet', origin, '+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'])
      return folder
    },
    openPull: (pull: PullOf): Promise<Pull> => world.inTurn(() => openPull(world, pull)),
    retarget: (pull: number, base: string, by?: string): Promise<void> =>
      world.inTurn(() => retarget(world, pull, base, by)),
    merge: (pull: number, method: Method, by?: string): Promise<string> =>
      world.inTurn(() => merge(world, pull, method, by)),
    async mergeGroup(pulls: readonly number[]) {
      const group = await world.inTurn(() => mergeGroup(world, pulls))
      groups.set(group.sha, group.groups)
      return group
    },
    /** Main moves to the commit of a group. */
    landGroup: (sha: string): Promise<void> => world.inTurn(() => landGroup(world, groups.get(sha) ?? [])),
    startRun: (run: RunOf): Run => startRun(world, run),
    finishJob: (runId: number, name: string, conclusion: string): void => finishJob(world, runId, name, conclusion),
    finishRun: (id: number, conclusion: string): void => finishRun(world, id, conclusion),
    startDeployment: (deployment: DeploymentOf): Deployment => startDeployment(world, deployment),
    changeDeployment: (id: number, to: string, of?: StatusOf): DeploymentStatus => changeDeployment(world, id, to, of),
    expireArtifact: (id: number): void => expireArtifact(state, id),
    /** The next calls of an operation fail so, one after the other. */
    fail: (operation: string, ...faults: readonly Fault[]): void => world.faults.order(operation, faults),
    faultsLeft: world.faults.left,
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(servers).map(({ close }) => close()))
    },
  }
}

function expireArtifact({ artifacts }: State, id: number): void {
  const artifact = artifacts.find((each) => each.id === id)
  if (!artifact) throw new Error(`there is no artifact ${id}`)
  artifact.expired = true
}
