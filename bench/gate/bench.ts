import type { Bench, Found } from '../benches.ts'
import { rounded } from '../measure.ts'
import { upperBound } from '../verdict/figures.ts'
import { lengths, policy, type Retraining, setStage } from './retraining.ts'

// Stated before anything was run: a retraining that fails is *wrongly* failed when its true error is above the champion's by no more than the tolerance; at most this share may be.
const level = 1 - policy.confidence

/** The template's own training with other seeds, each judged against the first by all rules of `params.yaml`: many that are short, for the share that is failed wrongly. */
export const gate: Bench = {
  describe: 'retrainings with other seeds, short ones, against the champion: how many the gate fails wrongly',
  run: (options) => retrained('short', 200, options),
}

/** The same of trainings as `params.yaml` has them: what the gate says to a pull request that changes nothing. */
export const gateWhole: Bench = {
  describe: 'the same of whole retrainings, as params.yaml has them',
  run: (options) => retrained('whole', 20, options),
}

async function retrained(
  which: keyof typeof lengths,
  usual: number,
  { quick, size = quick ? 2 : usual, say }: Parameters<Bench['run']>[0],
): Promise<Found> {
  const { params, from } = lengths[quick ? 'short' : which]
  const worlds = quick ? 1 : 10
  say('the champion …')
  const retrain = await setStage(worlds, { params, from })
  const seen: Retraining[] = []
  for (let seed = 2; seed < 2 + size; seed++) {
    const one = await retrain(seed)
    seen.push(one)
    say(`seed ${seed}: ${one.result}${one.result === 'pass' ? '' : `: ${one.reason}`}`)
  }
  const wrongly = seen.filter(({ more = Number.POSITIVE_INFINITY }) => more <= policy.tolerance_percent)
  const count = (result: Retraining['result']) => seen.filter((one) => one.result === result).length
  const percent = (share: number) => `${rounded(100 * share, 2)} %`
  return {
    title: `${size} retrainings with other seeds against the champion, by all rules of params.yaml; truth: ${worlds} other generated years`,
    rows: [
      { 'the gate says': 'pass', retrainings: count('pass') },
      { 'the gate says': 'inconclusive', retrainings: count('inconclusive') },
      { 'the gate says': 'fail, and it is truly worse', retrainings: count('fail') - wrongly.length },
      { 'the gate says': 'fail, wrongly', retrainings: wrongly.length },
    ],
    notes: [
      `Failed wrongly: ${wrongly.length} of ${size}, ${percent(wrongly.length / size)} (upper 95 % bound ${percent(upperBound(wrongly.length, size))}; stated: at most ${percent(level)}).`,
      `The default training for ${params.epochs} epochs on ${from === '' ? 'the whole sample' : `the sample from ${from} on`}; *worse* is a true error more than ${policy.tolerance_percent} % above the champion's.`,
      ...wrongly.map(({ reason }) => reason),
    ],
    missed: wrongly.length / size > level ? [`more than ${percent(level)} failed wrongly`] : [],
  }
}
