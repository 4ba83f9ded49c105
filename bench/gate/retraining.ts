import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { split } from '../../pipeline/data/split.ts'
import { baselinesHeldOut } from '../../pipeline/evaluation/baseline-held-out.ts'
import { defectsOf } from '../../pipeline/evaluation/defects.ts'
import { type GateResult, judge } from '../../pipeline/evaluation/gate.ts'
import { heldOutOf } from '../../pipeline/evaluation/held-out.ts'
import { lookDeeper } from '../../pipeline/evaluation/look-deeper.ts'
import { meanOf } from '../../pipeline/metric.ts'
import { loadParams, type Params } from '../../pipeline/params.ts'
import { metric } from '../../pipeline/task/judge.ts'
import { type Example, target } from '../../pipeline/task/record.ts'
import { predict } from '../../pipeline/tracking/bundle.ts'
import { learn } from '../../pipeline/training/learn.ts'
import { otherExamples, sampleExamples } from './worlds.ts'

const { train, evaluate_gate } = loadParams(join(import.meta.dirname, '../..'))
export const policy = evaluate_gate
/** How retrainings train, and on the sample from which month on. */
export type Length = { readonly params: Params['train']; readonly from: string }
export const lengths = {
  /** The repository's training on less: a third of the epochs, and the sample's last three and a half years. */
  short: { params: { ...train, epochs: 10, split: { validation_days: 120, test_days: 365 } }, from: '2020-07' },
  whole: { params: train, from: '' },
} as const satisfies { readonly [name: string]: Length }

export type Retraining = {
  readonly result: GateResult['result']
  readonly reason: string
  /** How much more it truly errs than the champion, in percent: of one that fails. */
  readonly more?: number
}

/** Trains the champion; what it returns trains with another seed and judges. What is true of a model is its error on a held-out year of each of `worlds` other worlds. */
export async function setStage(
  worlds: number,
  { params, from }: Length,
): Promise<(seed: number) => Promise<Retraining>> {
  const examples = await sampleExamples(from)
  const { train: learnt, validation } = split(examples, params.split)
  const after = validation.at(-1)?.time ?? ''
  const window = { from: learnt[0]?.time ?? '', trainUntil: learnt.at(-1)?.time ?? '', until: after }
  // They take a while to make, and are asked only about those that fail.
  let made: Promise<readonly Example[]> | undefined
  const baselines = baselinesHeldOut(examples, params.split, '')
  const unseen = baselines.map(({ name, records }) => ({ name, records: records.filter(({ time }) => time > after) }))
  const defects = defectsOf(examples, after, policy.seed)

  async function trained(seed: number) {
    const model = await learn(learnt, validation, { ...params, seed }, () => {})
    const answers = (records: readonly Example['record'][]) => predict(model, records)
    const held = (of: readonly Example[]) => heldOutOf(of, after, (all) => answers(all.map(({ record }) => record)))
    const weights = model.model.getWeights().map((weight) => [...weight.dataSync()])
    const truth = async () => {
      made ??= otherExamples(worlds, after)
      const others = await made
      const predictions = answers(others.map(({ record }) => record))
      const pairs = others.map(({ target: actual }, at) => ({ actual, prediction: predictions[at] ?? Number.NaN }))
      return meanOf(metric.of, pairs)
    }
    return {
      digest: createHash('sha256').update(JSON.stringify(weights)).digest('hex'),
      bundle: { manifest: { window }, predict: answers },
      history: model.epochs,
      records: held(examples),
      truth,
      dispose: () => model.model.dispose(),
    }
  }

  const champion = await trained(params.seed)
  let least: Promise<number> | undefined
  return async (seed) => {
    const candidate = await trained(seed)
    const { bundle, records, history } = candidate
    const deep = { examples, bundle, candidate: records, champion: champion.records, baselines, history }
    const depth = await lookDeeper(deep, policy)
    const found = { unit: target.unit, metric, defects, ...(depth ? { depth } : {}) }
    const { result, reasons } = judge({ candidate, champion, baselines: unseen, ...found }, policy)
    const told = { result, reason: reasons[0] ?? '' }
    if (result === 'fail') least ??= champion.truth()
    const more = least && result === 'fail' ? 100 * ((await candidate.truth()) / (await least) - 1) : undefined
    candidate.dispose()
    return more === undefined ? told : { ...told, more }
  }
}
