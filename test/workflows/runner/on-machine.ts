import { join } from 'node:path'
import { actionsOf } from './actions.ts'
import type { Asked } from './ask.ts'
import { runnerOf } from './context.ts'
import { deriveJob } from './derive.ts'
import type { Begun, JobRun } from './job.ts'
import { leaksIn, mask } from './leaks.ts'
import type { Log } from './log.ts'
import { runOnMachine } from './machine.ts'
import type { Going } from './run.ts'
import { plainOf } from './step-env.ts'

/** Programs of GitHub's runners that need a GitHub to talk to. */
const programs = join(import.meta.dirname, '../stand-ins/programs')

let machines = 0

type Given = {
  readonly permissions: { readonly [scope: string]: string }
  readonly token: string
  readonly runtimeToken: string
}

/** Runs a job of a workflow on a machine, with these tokens, and tells of it what GitHub would. */
export async function onMachine(going: Going, asked: Asked, begun: Begun, given: Given): Promise<JobRun> {
  const { world, workflow, about, options } = going
  const { job, key, name, needs, combination, decision, cancelled } = begun
  const { origin, resultsUrl } = world.github
  const uses = job.steps.flatMap((step) => step.uses ?? [])
  const actions = await actionsOf(origin, about.sha, uses)
  const { plain, said } = plainOf(asked.env)
  const text = deriveJob(workflow, { job: job.id, needs, combination, actions, resultsUrl, said })
  const secrets = { ...going.secrets, GITHUB_TOKEN: given.token, ACTIONS_RUNTIME_TOKEN: given.runtimeToken }
  const { log, ...done } = await runOnMachine({
    dir: join(world.home, `m${++machines}`),
    job: job.id,
    steps: job.steps,
    call: (_, mark) => ({
      ...asked,
      ...{ workflow: text, secrets, actions: actions.remote, path: [programs, ...world.path] },
      env: { ...plain, ...runnerOf(world, mark), ...identityOf(given, resultsUrl) },
    }),
    timeoutMs: decision.timeoutMs,
    cancelled,
    cancel: going.cancel,
    cancelAt: options.cancelAt?.job === key ? options.cancelAt : undefined,
    killAt: options.killAt?.job === key ? options.killAt : undefined,
    requests: world.github.state.requests,
  })
  const hide = (text: string) => mask(text, secrets, log.masked)
  return {
    ...done,
    name,
    // GitHub hands no output on that may hold a secret.
    outputs: Object.fromEntries(Object.entries(done.outputs).filter(([, value]) => hide(value) === value)),
    log: hide(log.text()),
    summary: hide(log.summary()),
    annotations: log.annotations.map((each) => ({ ...each, message: hide(each.message) })),
    leaks: leaksIn(written(log, [done.outputs, ...done.steps.map(({ outputs }) => outputs)]), secrets),
  }
}

/** All that a job wrote anywhere, before anything is masked. */
function written(log: Log, outputs: readonly { readonly [name: string]: string }[]): string {
  const said = outputs.flatMap((all) => Object.values(all))
  return [log.text(), log.summary(), JSON.stringify(log.annotations), ...said].join('\n')
}

/** Only a job that may ask for an identity is told where (https://docs.github.com/actions/concepts/security/openid-connect). */
function identityOf({ permissions, runtimeToken }: Given, resultsUrl: string): { readonly [name: string]: string } {
  if (permissions['id-token'] !== 'write') return {}
  return { ACTIONS_ID_TOKEN_REQUEST_URL: `${resultsUrl}/identity?`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: runtimeToken }
}
