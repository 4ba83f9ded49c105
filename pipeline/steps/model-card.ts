import { dataHash } from '../data/dvc.ts'
import { modelCard } from '../report/model-card.ts'
import { card } from '../task/card.ts'
import { target } from '../task/record.ts'
import { lockedPackages, trainingPackages } from '../tracking/fingerprint.ts'
import { verifyBundle } from '../tracking/manifest.ts'
import type { Context } from './context.ts'
import type { EvaluatedGate } from './evaluate-gate.ts'
import { readTraining } from './finished-training.ts'

/** The model card of a candidate that the gate has judged, as Markdown. */
export async function modelCardOf(
  { root, params }: Context,
  { candidate, gate }: EvaluatedGate,
  commit: string,
): Promise<string> {
  const { window, refit, backend, algorithm = 'perceptron' } = (await verifyBundle(candidate.bundle)).manifest
  const { digest, fingerprint, run, runUrl } = candidate
  const { records, epochs, seconds, cpuSeconds } = await readTraining(candidate.folder)
  const imported = await trainingPackages(root)
  const packages = (await lockedPackages(root, imported)).map(({ path, version }) => ({
    name: path.slice('node_modules/'.length),
    version,
  }))
  const { intendedUse, outOfScope, limits, wattsPerCore } = card
  return modelCard({
    ...{ model: params.register.model, intendedUse, outOfScope, limits, target },
    data: { hash: await dataHash(root), ...window, records, ...(refit ? { refit } : {}) },
    training: {
      ...{ algorithm, backend, epochs: epochs.length, seconds, wattsPerCore },
      ...(refit ? { refitEpochs: refit.epochs } : {}),
      ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
      packages: packages.filter(({ name }) => imported.has(name)),
    },
    lineage: { digest, fingerprint, commit, ...(run ? { run } : {}), ...(runUrl ? { runUrl } : {}) },
    gate,
  })
}
