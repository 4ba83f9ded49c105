import { dataHash } from '../data/dvc.ts'
import { modelCard } from '../report/model-card.ts'
import { card } from '../task/card.ts'
import { target } from '../task/record.ts'
import { verifyBundle } from '../tracking/manifest.ts'
import type { Context } from './context.ts'
import type { EvaluatedGate } from './evaluate-gate.ts'

/** The model card of a candidate that the gate has judged, as Markdown. */
export async function modelCardOf(
  { root, params }: Context,
  { candidate, gate }: EvaluatedGate,
  commit: string,
): Promise<string> {
  const { window } = (await verifyBundle(candidate.bundle)).manifest
  const { digest, fingerprint, run, runUrl } = candidate
  return modelCard({
    model: params.register.model,
    intendedUse: card.intendedUse,
    limits: card.limits,
    target,
    data: { hash: await dataHash(root), ...window },
    lineage: { digest, fingerprint, commit, ...(run ? { run } : {}), ...(runUrl ? { runUrl } : {}) },
    gate,
  })
}
