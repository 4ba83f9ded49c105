import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { git } from '../../pipeline/release/git.ts'
import { findRelease, historyAt, releaseFileAt } from '../../pipeline/release/history.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import { queueOf } from '../../pipeline/release/queue.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import type { Scenario } from './scenarios.ts'
import { environment, type Machine, modelOf, type Scene } from './scene.ts'

/** What is not as it must be when the commands are done: Git, the machines and the registry, each in a line. */
export async function wrongWith(scene: Scene, scenario: Scenario): Promise<readonly string[]> {
  const wrong: string[] = []
  const expect = (what: string, got: unknown, wanted: unknown) => {
    const [is, should] = [JSON.stringify(got), JSON.stringify(wanted)]
    if (is !== should) wrong.push(`${what}: ${is}, not ${should}`)
  }
  const { origin, here, there } = scene
  const tip = await git(origin, ['rev-parse', 'releases'])
  const entries = await historyAt(origin, tip, environment)
  const { release, held } = await releaseFileAt(origin, tip, environment)
  const promoted = await findRelease(origin, tip, environment, 'promoted', () => true)
  expect('release.yaml names', release?.model.version, scenario.runs)
  expect('promoted last', promoted?.release.model.version, scenario.runs)
  expect(
    'held',
    held.map(({ model }) => model),
    scenario.held.map((version) => modelOf(version).digest),
  )
  expect('open', queueOf(entries).releases.length, 0)
  expect('asked for and not begun', queueOf(entries).requests.length, 0)

  const ends: { [version: number]: string[] } = {}
  for (const entry of entries.filter(({ kind }) => kind === 'release').reverse()) {
    const { release: of } = await releaseFileAt(origin, entry.commit, environment)
    const version = of?.model.version ?? 0
    const list = ends[version] ?? []
    ends[version] = list
    for (const { promotes, reverts, supersedes } of [...entries].reverse()) {
      if (promotes === entry.commit) list.push('promote')
      if (reverts === entry.commit) list.push('revert')
      if (supersedes.includes(entry.commit)) list.push('supersede')
    }
  }
  expect('ends of the releases', ends, scenario.ends)

  await atRest(here, scenario.here ?? scenario.runs, 'here', scenario.kept)
  const elsewhere = (await readJournal(stateDir(there.root, environment))).stable?.release.model.version
  await atRest(there, elsewhere === undefined ? undefined : scenario.runs, 'there')
  expect(
    'aliases',
    Object.fromEntries([...scene.aliases].sort()),
    Object.fromEntries(Object.entries(scenario.aliases).sort()),
  )
  expect('told to the registry before Git knew', scene.lies, [])
  return wrong

  async function atRest(
    { root, world }: Machine,
    version: number | undefined,
    where: string,
    keeps?: number,
  ): Promise<void> {
    const state = stateDir(root, environment)
    const { stable, canary, kept, rollout, pendingReverts, pendingPromotions, pendingAliases, passed } =
      await readJournal(state)
    expect(`${where}: serves`, stable?.release.model.version, version)
    expect(
      `${where}: left in the journal`,
      [canary, rollout, pendingReverts, pendingPromotions, pendingAliases, passed],
      [null, null, [], [], {}, {}],
    )
    expect(`${where}: keeps`, kept?.member.release.model.version, keeps)
    const known = [stable, kept?.member].flatMap((member) => (member ? [member.id] : []))
    expect(`${where}: servers`, [...world.running.keys()].sort(), known.sort())
    const { routes } = world
    if (version !== undefined)
      expect(
        `${where}: routes`,
        [routes?.rollout, routes?.stable?.id, routes?.canary, routes?.weight],
        [null, stable?.id, null, 0],
      )
    const most = scenario.strategy === 'recreate' ? 1 : 2
    expect(`${where}: more than ${most} servers at once`, world.most > most, false)
    for (const [id, weights] of world.weights) {
      const given = weights.filter((weight) => weight > 0)
      expect(`${where}: weights of ${id}, step by step`, given, [...given].sort())
    }
    expect(
      `${where}: lock left`,
      await access(join(state, 'lock')).then(
        () => true,
        () => false,
      ),
      false,
    )
    expect(`${where}: work tree`, await git(root, ['status', '--porcelain']), '')
  }
}
