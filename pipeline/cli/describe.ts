import type { DataReport } from '../data/validate.ts'
import type { DeployResult } from '../release/deployment.ts'
import type { RecordedRelease } from '../release/record.ts'
import { nameOf } from '../release/release.ts'
import type { NothingToDo } from '../release/resume.ts'
import type { EnvironmentStatus } from '../release/status.ts'
import { entryOf } from '../replay/entry.ts'
import type { Replayed } from '../replay/replay.ts'
import { oneLine } from '../report/escape.ts'
import type { EvaluatedGate } from '../steps/evaluate-gate.ts'
import type { Image } from '../steps/image.ts'
import type { Registered } from '../steps/register.ts'
import type { Training } from '../steps/train.ts'
import type { VerifiedEnvironment } from '../steps/verify.ts'
import type { Terminal } from './terminal.ts'

type Paint = Terminal['paint']

/** Names and values, one a line, aligned. */
function asTable(values: { readonly [name: string]: unknown }): string {
  const width = Math.max(...Object.keys(values).map((name) => name.length))
  return Object.entries(values)
    .map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`)
    .join('\n')
}

export function describeTraining(training: Training): string {
  const { reused, source, epochs, saved, seconds, digest, fingerprint, runUrl, bundle } = training
  const table = asTable({
    training: reused
      ? `reused from ${source}: 0 epochs, ${saved} saved`
      : `${epochs > 0 ? `${epochs} epochs` : 'done'} in ${seconds} s`,
    digest: short(digest),
    fingerprint: short(fingerprint),
    ...(runUrl ? { 'run in MLflow': runUrl } : {}),
    bundle,
  })
  return `${table}\n\nNext: npm run evaluate-gate`
}

export function describeRegistered(registered: Registered): string {
  const { model, version, digest, created, gate, url, storeUrl, card, datasheet } = registered
  const table = asTable({
    model: `${model}${version ? ` v${version}` : ''}${created ? '' : ' (registered before)'}`,
    digest: short(digest),
    gate,
    ...(url ? { 'in MLflow': url } : {}),
    ...(storeUrl ? { 'kept at': storeUrl } : {}),
    'model card': card,
    datasheet,
  })
  return `${table}\n\nNext: npm run deploy -- --environment staging`
}

export function describeImage(made: Image): string {
  const common = {
    model: short(made.digest),
    server: short(made.fingerprint),
    ...(made.sbom ? { SBOM: made.sbom } : {}),
  }
  if ('reference' in made)
    return asTable({
      reference: made.reference,
      built: made.reused ? 'no: the registry has this model with this server (0 s)' : `and pushed in ${made.seconds} s`,
      names: made.tags.join(' '),
      size: `${Math.round(made.compressed / 1e6)} MB to pull, ${made.layers.length} layers`,
      ...common,
    })
  if ('image' in made)
    return asTable({
      image: made.tag,
      id: made.image,
      size: `${Math.round(made.size / 1e6)} MB, ${made.layers.length} layers`,
      ...common,
    })
  const args = Object.entries(made.buildArgs).map(([name, value]) => `--build-arg ${name}=${value}`)
  return `${asTable({ context: made.dir, ...common })}\n\nNext: docker build ${args.join(' ')} ${made.dir}`
}

export function describeReplay({ requests, failed, seconds, failures }: Replayed): string {
  return [
    `replay: ${requests} requests in ${seconds} s, ${failed} failed`,
    ...failures.slice(0, 5).map((what) => `  ${what}`),
  ].join('\n')
}

const short = (hash: string) => hash.slice(0, 19)

export function describeData({ pass, files, findings }: DataReport, paint: Paint): string {
  const told = findings.flatMap(({ file, field, severity, what, count, shown, cure, owner }) => [
    `${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${file}${field ? `: ${field}` : ''}: ${what} (${count})`,
    ...shown.map(({ row, value }) => `    ${file}:${row}: ${value}`),
    ...(count > shown.length ? [`    … and ${count - shown.length} more`] : []),
    `  → ${cure}${owner ? ` (owner: ${owner})` : ''}`,
  ])
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length
  const read = files.map(({ path, rows }) => `${path} ${rows} rows`).join(', ')
  const verdict = pass ? paint('green', 'passed') : paint('red', 'refused')
  return [...told, `validate-data: ${verdict}; ${read}; ${count('error')} errors, ${count('warning')} warnings`].join(
    '\n',
  )
}

export function describeGate({ gate, champion, report }: EvaluatedGate, paint: Paint): string {
  const good = gate.result === 'pass' || gate.result === 'unchanged'
  const rows = gate.scored.map(({ name, error, rmse }) => [name, interval(error), interval(rmse)] as const)
  const widths = [0, 1].map((column) =>
    Math.max(...rows.map((row) => row[column as 0 | 1].length), column === 1 ? gate.metric.name.length : 0, 4),
  )
  const line = (cells: readonly string[]) =>
    `  ${(cells[0] ?? '').padEnd(widths[0] ?? 0)}  ${(cells[1] ?? '').padEnd(widths[1] ?? 0)}  ${cells[2] ?? ''}`
  return [
    `evaluate-gate: ${paint(good ? 'green' : 'red', gate.result)}${champion ? `, against production’s ${champion.version ? `v${champion.version}` : short(champion.digest)}` : ', production has no model yet'}`,
    ...gate.reasons.map((reason) => `  - ${reason}`),
    '',
    `  ${gate.heldOut.records} held-out records, ${gate.heldOut.from} to ${gate.heldOut.to}; errors in ${gate.unit}, with intervals`,
    line(['', gate.metric.name, 'RMSE']),
    ...rows.map(line),
    '',
    `Report: ${report.html}`,
    ...(good ? ['Next: npm run register'] : []),
  ].join('\n')
}

export async function describeDeploy(result: DeployResult | NothingToDo, root: string, paint: Paint): Promise<string> {
  if ('nothing' in result) return `deploy: nothing to carry on: ${result.nothing}`
  const good = result.outcome !== 'rolled back' && result.outcome !== 'held'
  const { environment, release, releaseCommit, revertCommit, supersedeCommit, clients } = result
  // What was superseded, or promoted elsewhere, may not run here.
  const entry = await entryOf(root, environment).catch(() => undefined)
  return [
    `deploy: ${paint(good ? 'green' : 'red', result.outcome)} in ${environment}${release.rehearsal ? ' (rehearsal)' : ''}: ${result.reason}`,
    asTable({
      model: nameOf(release),
      ...(releaseCommit ? { release: onReleases(releaseCommit) } : {}),
      ...(revertCommit ? { revert: onReleases(revertCommit) } : {}),
      ...(supersedeCommit ? { superseded: onReleases(supersedeCommit) } : {}),
      ...(result.canaryRequests > 0 ? { 'canary requests': result.canaryRequests } : {}),
      ...(clients ? { clients: `${clients.requests} requests, ${clients.failed} failed` } : {}),
      ...(entry ? { 'clients ask': `${entry.url}/v1/predict, with the key in ${entry.keyFile}` } : {}),
    }),
    '',
    `Next: ${nextOf(result)}`,
  ].join('\n')
}

export function describeRollback({
  environment,
  release,
  from,
  reason,
}: DeployResult & { from: RecordedRelease }): string {
  return [
    `rollback: ${environment} runs ${nameOf(release)} again, in the place of ${nameOf(from.release)}: ${oneLine(reason, 300)}`,
    '',
    `Next: npm run history -- --environment ${environment}`,
  ].join('\n')
}

export function describeWithdrawal({ environment, release, reason, outcome, unserved }: DeployResult): string {
  return [
    outcome === 'rolled back'
      ? `withdraw: ${nameOf(release)} is not on its way to ${environment} any more: ${oneLine(reason, 300)}`
      : `withdraw: ${nameOf(release)} was decided meanwhile: ${oneLine(reason, 300)}`,
    '',
    ...(unserved ? [nobodyServes] : []),
    `Next: npm run history -- --environment ${environment}`,
  ].join('\n')
}

const onReleases = (commit: string) => `${commit.slice(0, 12)} on the branch releases`

const nobodyServes =
  'Nobody is answered: what served before does not start again. Deploy another release, or bring its bundle back and deploy it.'

function nextOf({ outcome, environment, release, held, unserved }: DeployResult): string {
  if (outcome === 'held')
    return `npm run deploy -- --environment ${environment} --commit ${release.commit.slice(0, 12)} goes on with the trial; it needs traffic (npm run replay)`
  if (outcome === 'rolled back') {
    const lifting = held
      ? `; npm run lift -- --environment ${environment} --digest ${short(held.model)} --why "…" allows it again`
      : ''
    return `${unserved ? `${nobodyServes} ` : ''}git show origin/releases has the evidence${lifting}`
  }
  if (outcome === 'testing')
    return `the same command tells what was seen so far; npm run promote or npm run withdraw (-- --environment ${environment} --why "…") ends the test`
  if (outcome === 'superseded') return 'npm run status'
  return environment === 'staging' ? 'npm run deploy -- --environment production' : 'npm run status'
}

export function describeVerifiedReleases(found: readonly VerifiedEnvironment[], paint: Paint): string {
  const told = found.flatMap(({ environment, wrong, notes }) => [
    `${environment}: ${wrong.length === 0 ? paint('green', 'all who were asked say the same') : paint('red', `${wrong.length} wrong`)}`,
    ...wrong.flatMap(({ who, what, cure }) => [
      `  ${paint('red', who.padEnd(8))} ${oneLine(what, 400)}`,
      `      → ${cure}`,
    ]),
    ...notes.map((note) => `  ${paint('yellow', 'note'.padEnd(8))} ${oneLine(note, 400)}`),
  ])
  return told.join('\n')
}

export function describeStatus(found: readonly EnvironmentStatus[]): string {
  return found.map(describeEnvironment).join('\n\n')
}

function describeEnvironment({
  environment,
  release,
  members,
  gateway,
  weight,
  rollout,
  open,
  requests,
  held,
  stale,
}: EnvironmentStatus): string {
  const lines = members.map(({ arm, release: served, pid, port, ready }) => {
    const running = pid === null ? 'not running' : `pid ${pid}, port ${port}${ready ? '' : ', not ready'}`
    return `  ${arm.padEnd(9)} ${nameOf(served)}, ${running}${arm === 'canary' ? `, weight ${Math.round(weight * 100)} %` : ''}`
  })
  return [
    environment,
    `  should    ${release ? `${nameOf(release)}${release.rehearsal ? ', a rehearsal' : ''}` : 'nothing: no release yet'}`,
    ...lines,
    `  gateway   ${gateway ? `${gateway.url}, pid ${gateway.pid}` : 'not running'}`,
    ...(rollout ? [`  rollout   ${rollout.phase}${rollout.held ? `, held: ${rollout.held}` : ''}`] : []),
    ...(open ? [`  open      ${onReleases(open.releaseCommit)}, by ${open.holder} since ${open.since}`] : []),
    ...requests.map(({ id, commit, at }) => `  asked     ${commit.slice(0, 12)} at ${at} (${id})`),
    ...held.map(({ model, since, why }) => `  on hold   ${model.slice(0, 19)} since ${since}: ${why}`),
    ...(stale ? [`  origin could not be asked (${stale}): this is what it said last`] : []),
  ].join('\n')
}

const interval = ({ estimate, low, high }: { estimate: number; low: number; high: number }) =>
  `${estimate.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`
