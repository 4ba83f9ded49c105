import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeployResult } from '../release/deployment.ts'
import { entryOf } from '../replay/entry.ts'
import { type Seen, startTraffic } from '../replay/traffic.ts'
import type { Training } from '../steps/train.ts'
import type { Story } from './story.ts'

export type Rollout = {
  readonly result: DeployResult
  readonly clients: Seen
  /** What production's gateway answers with now, as its own header says. */
  readonly serving: string
}

/** Deploys a tag to production while clients replay records against its gateway. */
export async function releaseUnderTraffic(
  { verb, tell, scratch }: Story,
  tag: string,
  expected: 0 | 1,
  records: readonly unknown[],
): Promise<Rollout> {
  const { url, key } = await entryOf(scratch.root, 'production')
  const traffic = startTraffic(url, key, records)
  try {
    const { value: result } = await verb<DeployResult>(
      ['deploy', '--environment', 'production', '--commit', tag],
      expected,
    )
    const serving = (await fetch(`${url}/live`)).headers.get('x-mergeline-digest') ?? 'unknown'
    await traffic.stop()
    tell(`clients sent ${traffic.seen.requests} requests meanwhile; ${traffic.seen.failed} failed`)
    return { result, clients: traffic.seen, serving }
  } finally {
    await traffic.stop()
  }
}

/** Epochs that were trained in the scratch clone so far, counted from what its trainings left behind. */
export async function epochsTrained(root: string): Promise<number> {
  const dir = join(root, '.mergeline', 'trainings')
  let epochs = 0
  for (const name of await readdir(dir)) {
    if (name.endsWith('.lock')) continue
    const training = JSON.parse(await readFile(join(dir, name, 'training.json'), 'utf8')) as {
      epochs: readonly Training[]
    }
    epochs += training.epochs.length
  }
  return epochs
}
