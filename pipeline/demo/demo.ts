import { join } from 'node:path'
import type { Terminal } from '../cli/terminal.ts'
import { recordsToReplay } from '../replay/records.ts'
import { fahrenheit, freePorts, smallModel } from './changes.ts'
import { changing, judged, merged, short } from './chapters.ts'
import { epochsTrained, type Rollout, releaseUnderTraffic } from './rollout.ts'
import { createScratch } from './scratch.ts'
import { createStory, type Story } from './story.ts'
import { type Told, told } from './summary.ts'
import { removeScratch, sweepScratches } from './sweep.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type DemoOptions = {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly terminal: Terminal
  readonly keep: boolean
}

/**
 * One model's way from a pull request to production and a bad one's way back, on the real tools, in a scratch clone with an `origin` of its own.
 * Throws when a chapter does not end as the story says. Everything started is stopped and removed, unless `keep` is set.
 */
export async function demo({
  root,
  env,
  terminal,
  keep,
}: DemoOptions): Promise<{ readonly told: Told; readonly text: string }> {
  const started = performance.now()
  terminal.say(`${terminal.paint('bold', 'Mergeline')}: the model that was reviewed is the model that ships.`)
  await sweepScratches()
  const scratch = await createScratch(root, env, { keep })
  terminal.say(`A scratch clone of your last commit, with its own origin: ${scratch.root}`)
  let cleaning: Promise<void> | undefined
  const clean = () => (cleaning ??= removeScratch(scratch))
  // Kept until the end, not `once`: execa would take a process without listeners for one that wants to die at once.
  const interrupt = () => {
    terminal.say('interrupted: stopping what the demo started …')
    void clean().finally(() => process.exit(130))
  }
  for (const signal of signals) process.on(signal, interrupt)
  let finished = false
  try {
    const story = createStory(terminal, scratch)
    await firstRelease(story)
    const records = await recordsToReplay(join(scratch.root, 'data'))
    const better = await betterModel(story, records)
    const wrong = await wrongModel(story, records)
    finished = true
    return await told({
      story,
      better,
      wrong,
      seconds: Math.round((performance.now() - started) / 1000),
      keep,
      record: records[200],
      paint: terminal.paint,
    })
  } finally {
    if (!(keep && finished)) await clean().catch((error: Error) => terminal.say(error.message))
    for (const signal of signals) process.off(signal, interrupt)
  }
}

/** A first model on main, small on purpose; production has no champion yet, so it has to beat the baselines. */
async function firstRelease(story: Story): Promise<void> {
  const { chapter, git, verb, tell, scratch } = story
  chapter(
    'The first model',
    'Production is empty. A small network has to beat two baselines: seasonal naive and linear.',
  )
  await changing([...smallModel, ...(await freePorts(scratch.root))])(scratch.root)
  await git('commit', '--quiet', '-am', 'A first, small model')
  await git('push', '--quiet', 'origin', 'main')
  await judged(story)
  await verb(['register'])
  await verb(['deploy', '--environment', 'staging'])
  await git('tag', 'v0.1.0')
  await git('push', '--quiet', 'origin', 'v0.1.0')
  await verb(['deploy', '--environment', 'production', '--commit', 'v0.1.0'])
  tell('production answers: a first release has nothing to be compared with, so it passes by the smoke test')
}

/** Chapters 2 and 3: pull request, merge and tag of a better model. */
async function betterModel(story: Story, records: readonly unknown[]) {
  const { chapter, git, tell, scratch } = story
  chapter(
    'A pull request, and its merge',
    'A data scientist gives the network more room. Nothing is trained again after the merge.',
  )
  const way = await merged(story, 'better-model', 'Give the network more room', async () => {
    await scratch.git('checkout', '--quiet', 'main~1', '--', 'params.yaml')
  })
  chapter(
    'A tag',
    'The release manager tags the merge. Clients never stop asking while the canary is judged on what they ask.',
  )
  const before = await epochsTrained(scratch.root)
  await git('tag', 'v1.0.0')
  await git('push', '--quiet', 'origin', 'v1.0.0')
  const rollout: Rollout = await releaseUnderTraffic(story, 'v1.0.0', 0, records)
  tell(`${short(rollout.result.digest)} ${rollout.result.outcome}: ${rollout.result.reason}`)
  return { ...way, ...rollout, tagEpochs: (await epochsTrained(scratch.root)) - before }
}

/** Chapters 4 and 5: a mistake that the gate cannot see, and the canary does. */
async function wrongModel(story: Story, records: readonly unknown[]) {
  const { chapter, git, verb, tell } = story
  chapter(
    'A pull request that is wrong',
    'Training now reads temperatures in Fahrenheit; every offline figure is as good as before. Clients go on sending Celsius.',
  )
  const way = await merged(story, 'fahrenheit', 'Read the weather in Fahrenheit', changing(fahrenheit))
  chapter('Its tag', 'No offline check could see it. The canary is compared with stable on the same live requests.')
  await git('tag', 'v1.1.0')
  await git('push', '--quiet', 'origin', 'v1.1.0')
  const rollout = await releaseUnderTraffic(story, 'v1.1.0', 1, records)
  tell(`${short(rollout.result.digest)} ${rollout.result.outcome}: ${rollout.result.reason}`)
  const again = await verb(['deploy', '--environment', 'production', '--commit', 'v1.1.0'], 1)
  for (const line of again.told.slice(-2)) tell(`deployed once more, it is refused: ${line}`)
  return { ...way, ...rollout }
}
