import { environmentNames, isRehearsal, loadEnvironment } from '../release/environment.ts'
import type { Context } from './context.ts'

/** What is left to configure before releases are more than rehearsals and runs are kept, a sentence each; none when nothing is. */
export async function leftToConfigure({
  root,
  tracking,
}: Pick<Context, 'root' | 'tracking'>): Promise<readonly string[]> {
  const environments = await Promise.all(
    (await environmentNames(root)).map(async (name) => ({ name, ...(await loadEnvironment(root, name)) })),
  )
  const rehearsed = environments.filter(isRehearsal).map(({ name }) => name)
  const left = [
    ...(tracking === null
      ? [
          'MLflow: this run had no MLFLOW_TRACKING_URI, so it is logged nowhere but here. Give the repository that variable, and the secret MLFLOW_TRACKING_TOKEN.',
        ]
      : []),
    ...(rehearsed.length > 0
      ? [
          `Releases to ${rehearsed.join(' and ')} are rehearsals: servers start on the machine that runs the job, and nobody outside is served. environments/${rehearsed.at(0)}/environment.yaml says where a release goes.`,
        ]
      : []),
  ]
  if (left.length === 0) return []
  return [
    ...left,
    'README.md, “On GitHub”, lists what else can be switched on: rulesets, approval, runners, a registry.',
  ]
}
