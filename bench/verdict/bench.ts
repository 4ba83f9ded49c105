import type { Bench, Found } from '../benches.ts'
import { type Kind, kinds } from './false-rollbacks.ts'
import { faults } from './faults.ts'
import { count, ninetyFifth, percent, together, upperBound } from './figures.ts'
import { openPool, type Pool } from './pool.ts'

type Row = Found['rows'][number]
type Part = { readonly rows: readonly Row[]; readonly missed: readonly string[] }
type Sizes = {
  readonly rollouts: number
  readonly faults: number
  readonly inputs: number
  readonly windows: readonly number[]
}

const full: Sizes = { rollouts: 10_000, faults: 1000, inputs: 1_000_000, windows: [1, 10, 100, 1000, 10_000] }
const quickly: Sizes = { rollouts: 100, faults: 60, inputs: 4000, windows: [1, 10, 100] }

/** The verdict's promises, simulated from seeds: what it takes back wrongly, how soon it finds a fault, what it promotes. */
export const verdict: Bench = {
  describe:
    'simulated rollouts: false rollbacks, faults found, promotions, beside thresholds and Mann-Whitney (20 min)',
  run: async ({ quick, say }) => {
    await using pool = openPool()
    const sizes = quick ? quickly : full
    const parts: Part[] = []
    for (const [what, part] of [
      ['false rollbacks', falselyBack],
      ['faults found', found],
      ['promotions', promoted],
      ['inputs and replays', unfounded],
    ] as const) {
      const began = Date.now()
      const measured = await part(pool, sizes, quick)
      parts.push(measured)
      // A run that is stopped half-way has told what it found.
      for (const { what: row, ours } of measured.rows) say(`  ${row}: ${ours}`)
      say(`${what}: ${Math.round((Date.now() - began) / 1000)} s`)
    }
    return {
      title: `The verdict, simulated (α = 1 %, tolerated density ratio 1.1; seeds 0 to ${count(sizes.rollouts - 1)})`,
      rows: parts.flatMap(({ rows }) => rows),
      notes: [
        'Rollouts: at 5, 25 and 50 %, two windows each (one at 10,000 requests a window), looked at after every request to the end; in brackets the upper 95 % bound (Clopper-Pearson).',
        'Faults: canary requests until found, 95th percentile. Thresholds as in the documentation of Argo Rollouts (success rate in each window of 50 canary requests, failureLimit 0);',
        'Mann-Whitney as Kayenta judges (one figure a window, 98 % interval, tolerance 0.25), once after 60 windows; the last column bets on the very fault, told beforehand.',
        'A threshold that is failed by the healthy arm finds everything at once: its false rollbacks are the row to read beside.',
      ],
      missed: parts.flatMap(({ missed }) => missed),
    }
  },
}

const row = (what: string, goal: string, ours: string, more: Partial<Others> = {}): Row => ({
  what,
  goal,
  ours,
  'each window ≥ 95 %': more.threshold95 ?? '',
  'each window ≥ 99 %': more.threshold99 ?? '',
  'Mann-Whitney': more.mannWhitney ?? '',
  'knows the fault': more.knowing ?? '',
})
type Others = { threshold95: string; threshold99: string; mannWhitney: string; knowing: string }

async function falselyBack(pool: Pool, { rollouts, windows }: Sizes): Promise<Part> {
  const rows: Row[] = []
  const missed: string[] = []
  const cases = [
    ...windows.map((window) => ['incident on both arms, all in waves', window] as const),
    ...(Object.keys(kinds) as Kind[]).slice(1).map((kind) => [kind, Math.min(1000, windows.at(-1) ?? 1)] as const),
  ]
  for (const [kind, window] of cases) {
    const back = together(await pool.run('falseRollbacks', { kind, window }, rollouts))
    const bound = upperBound(back.ours, back.rollouts)
    const what = `A/A, ${count(window)} requests a window: ${kind}`
    rows.push(
      row(what, '≤ 1 % (1.2 %)', `${percent(back.ours / rollouts)} (${percent(bound)})`, {
        threshold95: percent(back.threshold95 / rollouts),
        threshold99: percent(back.threshold99 / rollouts),
        mannWhitney: percent(back.mannWhitney / rollouts),
      }),
    )
    // With few repetitions the bound cannot be small.
    const tooOften = back.ours / rollouts > 0.01 || (rollouts >= 10_000 && bound > 0.012)
    if (tooOften) missed.push(`${what}: ${back.ours} of ${count(rollouts)} rolled back`)
  }
  return { rows, missed }
}

async function found(pool: Pool, { faults: repetitions }: Sizes, quick: boolean): Promise<Part> {
  // A percentile of few repetitions is anywhere near the true one.
  const slack = quick ? 1.25 : 1
  const rows: Row[] = []
  const missed: string[] = []
  for (const [fault, { name, goal }] of faults.entries()) {
    // The rarest fault takes as long as all others together; quickly, only what is quick.
    if (quick && (goal === null || goal > 650)) continue
    const rare = goal !== null && goal > 1000
    for (const weight of [0.05, 0.1]) {
      const all = together(
        await pool.run('detect', { fault, weight, peersEvery: quick ? 30 : 4 }, rare ? repetitions / 2 : repetitions),
      )
      const ours = ninetyFifth(all.ours)
      const what = `${name}, at ${percent(weight)}`
      rows.push(
        row(what, goal === null ? '' : `≤ ${count(goal)}`, count(ours), {
          threshold95: count(ninetyFifth(all.threshold95)),
          threshold99: count(ninetyFifth(all.threshold99)),
          mannWhitney: count(ninetyFifth(all.mannWhitney)),
          knowing: count(ninetyFifth(all.knowing)),
        }),
      )
      if (goal !== null && ours > goal * slack)
        missed.push(`${what}: ${count(ours)} canary requests, the goal is ${count(goal)}`)
    }
  }
  for (const [rate, goal] of [
    [0.1, 200],
    [0.05, null],
  ] as const) {
    const all = together(await pool.run('detectPairs', { rate }, repetitions))
    const ours = ninetyFifth(all.ours)
    const what = `shadow: ${percent(rate)} of pairs disagree, 1 % tolerated (pairs)`
    rows.push(row(what, goal === null ? '' : `≤ ${goal}`, count(ours), { knowing: count(ninetyFifth(all.knowing)) }))
    if (goal !== null && ours > goal * slack) missed.push(`${what}: ${count(ours)} pairs, the goal is ${goal}`)
  }
  return { rows, missed }
}

async function promoted(pool: Pool, { faults: repetitions }: Sizes): Promise<Part> {
  const rows: Row[] = []
  const missed: string[] = []
  for (const weight of [0.1, 0.5])
    for (const [tolerance, base] of [
      [0.05, 0.001],
      [0.05, 0.01],
      [0.01, 0.001],
    ] as const) {
      const one = { tolerance, base, weight }
      const worse = together(await pool.run('promotions', { ...one, extra: tolerance }, repetitions))
      const equal = together(await pool.run('promotions', { ...one, extra: 0 }, Math.ceil(repetitions / 4)))
      const share = worse.promoted / worse.rollouts
      const what = `promoted at ${percent(weight)} though truly worse by the tolerance of ${percent(tolerance)}, base rate ${percent(base)}`
      rows.push(row(what, '≤ 5 %', `${percent(share)} (${percent(upperBound(worse.promoted, worse.rollouts))})`))
      rows.push(row('… canary requests until one that is as good is promoted', '', count(ninetyFifth(equal.needed))))
      if (share > 0.05 + 3 * Math.sqrt((0.05 * 0.95) / worse.rollouts))
        missed.push(`${what}: ${worse.promoted} of ${worse.rollouts}`)
    }
  return { rows, missed }
}

async function unfounded(pool: Pool, { inputs, faults: repetitions }: Sizes): Promise<Part> {
  const judged = together(await pool.run('judgeInputs', {}, inputs, 32))
  const replayed = together(await pool.run('replays', {}, repetitions))
  const rows = [
    row(
      `promoted without the declared evidence, of ${count(judged.inputs)} generated inputs (${count(judged.broken)} broken, ${count(judged.promoted)} promoted)`,
      '0',
      count(judged.unfounded),
    ),
    row(
      `verdicts that are other bytes when replayed from their log, of ${count(replayed.logs)}`,
      '0',
      count(replayed.different),
    ),
  ]
  const missed = [
    ...(judged.unfounded > 0 ? [`${judged.unfounded} promotions without evidence`] : []),
    ...(judged.promoted === 0 ? ['no input was promoted at all: this showed nothing'] : []),
    ...(replayed.different > 0 ? [`${replayed.different} verdicts were replayed otherwise`] : []),
  ]
  return { rows, missed }
}
