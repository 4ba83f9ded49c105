import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dataHash } from '../data/dvc.ts'
import { split } from '../data/split.ts'
import { baselinesHeldOut } from '../evaluation/baseline-held-out.ts'
import { defectsOf } from '../evaluation/defects.ts'
import { type GateResult, judge } from '../evaluation/gate.ts'
import { heldOutOf } from '../evaluation/held-out.ts'
import { lookDeeper } from '../evaluation/look-deeper.ts'
import { writeWhole } from '../files.ts'
import { evaluateDirectly } from '../predicting/evaluator.ts'
import { ingest } from '../task/ingest.ts'
import { metric } from '../task/judge.ts'
import { type Example, target } from '../task/record.ts'
import { loadBundle } from '../tracking/bundle.ts'
import { codeHash } from '../tracking/fingerprint.ts'
import { type Manifest, verifyBundle } from '../tracking/manifest.ts'
import { type Champion, championHeldOut, findChampion } from './champion.ts'
import type { Context } from './context.ts'
import { finishedTraining } from './finished-training.ts'
import { requireOwnWindow } from './own-window.ts'
import { countUses } from './test-uses.ts'
import { connect } from './tracking.ts'
import { type Candidate, trained } from './train.ts'
import { type Judgement, type ReportFiles, writeGateReport } from './write-report.ts'

export type EvaluatedGate = {
  readonly gate: GateResult
  readonly candidate: Candidate
  /** The champion it was judged against; null when production has no model yet. */
  readonly champion: { readonly digest: string; readonly version?: number; readonly commit: string } | null
  /** The report's files. */
  readonly report: ReportFiles
}

/**
 * The step `evaluate-gate`: candidate, champion and baselines on the same held-out records, none of which either model was trained on. Where one was fitted again before it shipped, it is the fit
 * before that which is judged, candidate and champion alike. The result is kept by
 * candidate, champion, data, policy and the code that judges, so the same question is not computed twice. A failed gate is a result; thrown is only what is broken.
 */
export async function evaluateGate(context: Context): Promise<EvaluatedGate> {
  const { root, params, say } = context
  const mlflow = await connect(context)
  const candidate = await trained(context, mlflow)
  const champion = await findChampion(context, mlflow, candidate)
  const judges = await codeHash(root, 'pipeline/steps/evaluate-gate.ts')
  const data = await dataHash(root)
  const key = [candidate.digest, champion?.release.model.digest, data, params.evaluate_gate, judges]
  const file = join(
    root,
    '.mergeline',
    'gates',
    `${createHash('sha256').update(JSON.stringify(key)).digest('hex')}.json`,
  )
  const known = await readJudged(file)
  const judgement = known ?? (await judgeNow(context, candidate, champion))
  const { gate } = judgement
  if (!known) await writeWhole(file, JSON.stringify(judgement))
  say(`evaluate-gate: ${gate.result}${known ? ' (judged before: same candidate, champion, data and policy)' : ''}`)
  const uses = await countUses(context, mlflow, data, candidate.digest)
  const report = await writeGateReport(context, candidate, judgement, uses)
  if (!champion) return { gate, candidate, champion: null, report }
  const { digest, version } = champion.release.model
  const against = { digest, ...(version === undefined ? {} : { version }), commit: champion.release.commit }
  return { gate, candidate, champion: against, report }
}

async function judgeNow(
  { root, params, progress, say }: Context,
  candidate: Candidate,
  champion: Champion | null,
): Promise<Judgement> {
  const data = join(root, 'data')
  const manifestOf = async (bundle: string) => (await verifyBundle(bundle)).manifest
  const own = await manifestOf(candidate.bundle)
  const championManifest = champion && (await manifestOf(champion.bundle))
  // The later of the two: neither has seen what comes after.
  const after = [own.window.until, championManifest?.window.until ?? ''].toSorted().at(-1) as string
  const examples = await ingest(data)
  requireOwnWindow(own, split(examples, params.train.split), candidate.bundle)
  const bundle = await loadBundle(candidate.bundle, { which: 'judged', evaluator: evaluateDirectly })
  try {
    progress('evaluate-gate: predicting the held-out records with the candidate …')
    const records = heldOutOf(examples, after, (unseen) => bundle.predict(unseen.map(({ record }) => record)))
    const same = champion?.release.model.digest === candidate.digest
    if (champion && !same) progress('evaluate-gate: and with the champion, by its own code …')
    const judgedChampion = champion && {
      digest: champion.release.model.digest,
      records: same ? records : await championHeldOut(root, champion, after, say),
      ...refitOf(championManifest),
    }
    progress('evaluate-gate: comparing …')
    const baselines = baselinesHeldOut(examples, params.train.split, '')
    const unseen = baselines.map(({ name, records }) => ({ name, records: records.filter(({ time }) => time > after) }))
    progress('evaluate-gate: looking deeper …')
    const training = await finishedTraining(root, candidate.fingerprint)
    const history = training?.epochs ?? []
    const rivals = same ? null : (judgedChampion?.records ?? null)
    const deep = { examples, bundle, candidate: records, champion: rivals, baselines, history }
    const depth = await lookDeeper(deep, params.evaluate_gate)
    const gate = judge(
      {
        candidate: { digest: candidate.digest, records, ...refitOf(own) },
        ...(own.refit ? { shipped: await predictedByShipped(candidate.bundle, examples, after) } : {}),
        champion: judgedChampion,
        baselines: unseen,
        unit: target.unit,
        metric,
        defects: defectsOf(examples, after, params.evaluate_gate.seed),
        ...(depth ? { depth } : {}),
      },
      params.evaluate_gate,
    )
    return { gate, predictions: records, ...(depth ? { depth } : {}) }
  } finally {
    bundle.dispose()
  }
}

const refitOf = (manifest: Manifest | null) =>
  manifest?.refit ? { refit: { more: manifest.refit.more, until: manifest.refit.until } } : {}

/** What the fit to all records says of the held-out ones, which it has learnt from: no more than whether it came to nothing. */
async function predictedByShipped(dir: string, examples: readonly Example[], after: string) {
  const shipped = await loadBundle(dir, { evaluator: evaluateDirectly })
  try {
    return heldOutOf(examples, after, (unseen) => shipped.predict(unseen.map(({ record }) => record)))
  } finally {
    shipped.dispose()
  }
}

async function readJudged(file: string): Promise<Judgement | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Judgement
  } catch {
    return undefined // Never judged, or not whole: judge again.
  }
}
