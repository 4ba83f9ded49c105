import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Terminal } from '../cli/terminal.ts'
import type { Held } from '../release/release.ts'
import { entryOf } from '../replay/entry.ts'
import { short, type Way } from './chapters.ts'
import type { Rollout } from './rollout.ts'
import type { Story } from './story.ts'

/** The demo's one line of JSON. */
export type Told = {
  readonly digest: { readonly pullRequest: string; readonly staging: string; readonly production: string }
  readonly epochs: { readonly pullRequest: number; readonly merge: number; readonly tag: number }
  readonly rollback: {
    readonly verdict: string
    readonly reason: string
    readonly canaryRequests: number
    readonly commit: string
    readonly held: Held | null
  }
  readonly clientRequests: number
  readonly failedClientRequests: number
  readonly seconds: number
}

type Ending = {
  readonly story: Story
  readonly better: Way & Rollout & { readonly tagEpochs: number }
  readonly wrong: Way & Rollout
  readonly seconds: number
  readonly keep: boolean
  /** A record to ask production with, where it is kept running. */
  readonly record: unknown
  readonly paint: Terminal['paint']
}

/** What the demo came to, as JSON and as the table at its end. Throws when it is not what the README promises. */
export async function told({
  story,
  better,
  wrong,
  seconds,
  keep,
  paint,
  record,
}: Ending): Promise<{ readonly told: Told; readonly text: string }> {
  const value: Told = {
    digest: { pullRequest: better.pullRequest.digest, staging: better.staging.digest, production: better.serving },
    epochs: { pullRequest: better.pullRequest.epochs, merge: better.merge.epochs, tag: better.tagEpochs },
    rollback: {
      verdict: wrong.result.verdict?.verdict ?? wrong.result.outcome,
      reason: wrong.result.reason,
      canaryRequests: wrong.result.canaryRequests,
      commit: wrong.result.revertCommit ?? '',
      held: wrong.result.held ?? null,
    },
    clientRequests: better.clients.requests + wrong.clients.requests,
    failedClientRequests: better.clients.failed + wrong.clients.failed,
    seconds,
  }
  promised(value, wrong, better)
  const reverts = await story.scratch.git('log', '--format=%H', '--grep=^Mergeline-Reverts: ', 'origin/releases')
  if (reverts !== value.rollback.commit)
    throw new Error(`demo: one revert commit was to be expected, found: ${reverts}`)
  const rows: readonly (readonly [string, string])[] = [
    ['reviewed in the pull request', `${short(value.digest.pullRequest)}  ${value.epochs.pullRequest} epochs`],
    ['staging, after the merge', `${short(value.digest.staging)}  ${value.epochs.merge} epochs`],
    ['production, after the tag', `${short(value.digest.production)}  ${value.epochs.tag} epochs`],
    [
      'the wrong release',
      `${value.rollback.verdict} after ${value.rollback.canaryRequests} canary requests, held; revert commit ${value.rollback.commit.slice(0, 12)}`,
    ],
    ['clients', `${value.clientRequests} requests, ${value.failedClientRequests} failed`],
    ['time', `${seconds} s`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const table = rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}`)
  const text = [
    '',
    paint('bold', 'What happened'),
    ...table,
    '',
    ...(keep ? await addresses(story, record, paint) : ending(paint)),
  ].join('\n')
  return { told: value, text }
}

function promised(value: Told, wrong: Rollout, better: Rollout): void {
  const { pullRequest, staging, production } = value.digest
  if (pullRequest !== staging || staging !== production)
    throw new Error(`demo: the digests differ: ${JSON.stringify(value.digest)}`)
  if (wrong.serving !== better.serving)
    throw new Error(`demo: production still serves ${wrong.serving} after the rollback`)
  const failures = [...better.clients.failures, ...wrong.clients.failures].map(([what, count]) => `${count} × ${what}`)
  if (failures.length > 0) throw new Error(`demo: clients saw failures: ${failures.join('; ')}`)
}

function ending(paint: Terminal['paint']): readonly string[] {
  return [
    paint('bold', 'Where to go from here'),
    '  npm run demo -- --keep        the same, and leaves MLflow, gateway and servers running for you to look at',
    '  params.yaml                   change train.network.hidden, then: npm run train, npm run evaluate-gate',
    '  pipeline/task/                record, ingest, features, model: what a project of your own changes',
    '  README.md                     how to make it yours',
  ]
}

async function addresses({ scratch }: Story, record: unknown, paint: Terminal['paint']): Promise<readonly string[]> {
  const { url: gateway, keyFile } = await entryOf(scratch.root, 'production')
  const state = join(scratch.root, '.mergeline', 'mlflow', 'server.json')
  const { port: mlflow } = JSON.parse(await readFile(state, 'utf8')) as { port: number }
  await writeFile(join(scratch.home, 'record.json'), JSON.stringify({ records: [record] }))
  return [
    paint('bold', 'Still running'),
    `  MLflow       http://127.0.0.1:${mlflow}/#/models/ice-cream-sales?workflowType=machine_learning`,
    `  production   ${gateway}`,
    `  staging      ${(await entryOf(scratch.root, 'staging')).url}`,
    `  the report   ${join(scratch.root, '.mergeline', 'report.html')}`,
    `  the clone    ${scratch.root}`,
    '               git log origin/releases tells there what ran when, and why it left',
    '',
    '  Ask production:',
    `  curl -s -H "authorization: Bearer $(cat ${keyFile})" -H 'content-type: application/json' -d @${join(scratch.home, 'record.json')} ${gateway}/v1/predict`,
    '',
    '  Stop and remove it all:',
    `  (cd ${scratch.root} && ${process.execPath} pipeline/cli.ts stop) && rm -rf ${scratch.home}`,
  ]
}
