import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../files.ts'
import { tryGit } from '../release/git.ts'
import { fetchLedger } from '../release/ledger.ts'
import type { TestUses } from '../report/uses.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import { digestsOn } from '../tracking/runs.ts'
import type { Context } from './context.ts'

/**
 * Counts the models, by digest, that the held-out records of these data (`data`, DVC's hash) have been used on, the candidate included: those that MLflow has runs of (each logs its test
 * error), that a gate on this machine judged, and that the ledger has released from a commit with these data. What was tried where none of them saw it, is not known.
 */
export async function countUses(
  { root, params }: Context,
  mlflow: Mlflow | null,
  data: string,
  candidate: string,
): Promise<TestUses> {
  const folder = join(root, '.mergeline', 'judged', data)
  await writeWhole(join(folder, candidate.replace(':', '-')), '')
  const here = (await readdir(folder)).filter((name) => /^sha256-[0-9a-f]{64}$/.test(name))
  const runs = mlflow ? await digestsOn(mlflow, params.register.model, data) : []
  const released = await releasedOn(root, data)
  return {
    models: new Set([...here.map((name) => name.replace('-', ':')), ...runs, ...released]).size,
    here: here.length,
    ...(mlflow ? { runs: new Set(runs).size } : {}),
    released: new Set(released).size,
  }
}

/** Digests of models that came into the ledger with a commit whose `data.dvc` names these data. */
async function releasedOn(root: string, data: string): Promise<readonly string[]> {
  const { tip } = await fetchLedger(root)
  if (!tip) return []
  const { output } = await tryGit(root, [
    'log',
    '-p',
    // The whole file: a release may differ from the one before in its model alone.
    '-U1000',
    '--no-color',
    '--format=%x00',
    tip,
    '--',
    'environments/*/release.yaml',
  ])
  const added = output.split('\0').flatMap((entry) => {
    const digest = /^\+.*\bdigest: ["']?(sha256:[0-9a-f]{64})/m.exec(entry)?.[1]
    const commit = /^[+ ]\s*commit: ["']?([0-9a-f]{40})/m.exec(entry)?.[1]
    return digest && commit ? [{ digest, commit }] : []
  })
  const commits = [...new Set(added.map(({ commit }) => commit))]
  const pointers = await Promise.all(commits.map((commit) => tryGit(root, ['show', `${commit}:data.dvc`])))
  const same = new Set(commits.filter((_, at) => pointers[at]?.output.includes(data)))
  return added.filter(({ commit }) => same.has(commit)).map(({ digest }) => digest)
}
