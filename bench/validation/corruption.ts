/** What validation finds and what it does not: kinds of damage planted into the sample, and sound samples of other seeds. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Finding } from '../../pipeline/data/findings.ts'
import { makeSample, sampleSeed } from '../../pipeline/data/sample/sample.ts'
import { checkRawFiles } from '../../pipeline/data/validate.ts'
import { loadParams } from '../../pipeline/params.ts'
import type { Bench } from '../benches.ts'
import { percent, upperBound } from '../verdict/figures.ts'
import { type Corruption, corruptions, type Files } from './corruptions.ts'

const root = join(import.meta.dirname, '../..')
/** A quick run plants every so many-th kind, and looks at few samples. */
const quickly = { every: 16, samples: 1 }

export const corruption: Bench = {
  describe:
    'kinds of damage planted into the sample: found; sound samples of other seeds (--size, 1,000): nothing found',
  async run({ quick, say, size = quick ? quickly.samples : 1000 }) {
    const { validate_data: params } = loadParams(root)
    const look = (files: Files) => within(files, async (folder) => (await checkRawFiles(folder, params)).findings)
    const { files } = makeSample(sampleSeed)
    const flaws = await look(files)
    const kinds = corruptions.filter((_, at) => !quick || at % quickly.every === 0)
    const missed: string[] = []
    for (const kind of kinds) {
      const findings = await look(kind.plant(files))
      if (!finds(kind, findings, flaws)) missed.push(kind.name)
      say(`${kind.name}: ${missed.at(-1) === kind.name ? 'MISSED' : 'found'}`)
    }
    // Sound samples have the generator's own flaws, which are warnings that every sample has.
    const usual = new Set(flaws.map(nameOf))
    const wrong: string[] = []
    for (let at = 0; at < size; at++) {
      const seed = 10_000 + at
      const findings = (await look(makeSample(seed).files)).filter((finding) => !usual.has(nameOf(finding)))
      if (findings.length > 0)
        wrong.push(
          `sound sample ${seed}: ${findings.map((finding) => `${nameOf(finding)}: ${finding.shown[0]?.value}`).join('; ')}`,
        )
      if (findings.length > 0 || (at + 1) % 50 === 0)
        say(findings.length > 0 ? (wrong.at(-1) as string) : `${at + 1} sound samples, ${wrong.length} with a finding`)
    }
    const rate = params.family_wise_error
    const high = upperBound(wrong.length, size)
    const low = 1 - upperBound(size - wrong.length, size)
    return {
      title: `Damage planted into the sample (seed ${sampleSeed}), and sound samples, checked as validate-data checks raw files`,
      rows: [
        {
          what: 'kinds of damage',
          of: kinds.length,
          found: kinds.length - missed.length,
          share: percent(1 - missed.length / kinds.length),
        },
        {
          what: 'sound samples',
          of: size,
          found: wrong.length,
          share: `${percent(wrong.length / size)} (at most ${percent(high)})`,
        },
      ],
      notes: [
        `Sound samples may have a finding in ${percent(rate)} of the cases (validate_data.family_wise_error); in brackets the upper 95 % bound (Clopper-Pearson).`,
        ...wrong,
      ],
      missed: [
        ...missed.map((name) => `not found: ${name}`),
        ...(low > rate ? [`more findings in sound samples than ${percent(rate)} explains`] : []),
      ],
    }
  },
}

/** Whether there is a finding by the rule that must find it: one that the sample itself does not have, or of more rows. */
function finds({ rules, field }: Corruption, findings: readonly Finding[], flaws: readonly Finding[]): boolean {
  const before = new Map(flaws.map((finding) => [nameOf(finding), finding.count]))
  return findings.some(
    (finding) =>
      rules.includes(finding.rule) &&
      (field === undefined || finding.field === field) &&
      finding.count > (before.get(nameOf(finding)) ?? 0),
  )
}

const nameOf = ({ file, rule, field, severity }: Finding) => [file, rule, field ?? '', severity].join(' ')

async function within<T>(files: Files, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mergeline-corruption-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
