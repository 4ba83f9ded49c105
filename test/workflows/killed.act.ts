// Every job ended at each of its steps: `MERGELINE_REPETITIONS=all npm run test:workflows test/workflows/killed.act.ts`. The suite takes a sample.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, scratchContainers } from '../release/image/containers.ts'
import { startRegistry } from '../release/image/registry-process.ts'
import { repetitions } from '../repetitions.ts'
import { type Case, casesIn, nameOf, sampleOf } from './killed/cases.ts'
import { takeThrough } from './killed/change.ts'
import { middles, repeatable } from './killed/middles.ts'
import { requireWhole } from './killed/whole.ts'
import { createProject, failures, ledger, release } from './project.ts'
import { scheduleEvent } from './runner/event.ts'
import { runWorkflow } from './runner/run.ts'

const all = process.env['MERGELINE_REPETITIONS'] === 'all'
const files = ['pull-request.yml', 'report.yml', 'staging.yml', 'production.yml']

test('every job killed or cancelled at its steps, and run again, comes to the same end, with nothing twice', async (t) => {
  await using stack = new AsyncDisposableStack()
  const world = stack.use(await createProject(all ? await withImages(stack) : {}))
  const turns = await casesIn(world, files, all)
  const plan = all ? turns : planOf(sampleOf(turns.flat(), repetitions(8), 22))
  t.diagnostic(`${plan.flat().length} cases of ${turns.flat().length}`)
  let first = ''
  for (const [number, cases] of plan.entries()) {
    const change = await takeThrough(world, number, cases, ({ attempt }, hurt) => {
      if (hurt) t.diagnostic(`attempt ${attempt} of ${nameOf(hurt)}`)
    })
    await requireWhole(world, change)
    if (number === 0) first = change.commit
  }

  await t.test('all that jobs write is among the cases, or may be written again', () => {
    const writes = world.github.state.requests.filter(
      ({ who, method }) => who.startsWith('job ') && !['GET', 'HEAD'].includes(method),
    )
    const tried = Object.values(middles).flatMap((each) => each.flatMap(({ operation }) => operation ?? []))
    const unknown = writes.map(({ operation }) => operation).filter((each) => ![...tried, ...repeatable].includes(each))
    assert.deepEqual(new Set(unknown), new Set())
  })

  await t.test(
    'a rollout whose job died in its trial and was not run again is carried on by schedule, once',
    async () => {
      const before = await ledger(world)
      const step = 'Run ./actions/deploy'
      const left = await release(world, 'v2.0.0', first, {
        options: () => ({ killAt: { job: 'deploy', step, when: /^canary at / } }),
      })
      const killed = left['production.yml']
      assert.equal(killed?.jobs['deploy']?.conclusion, 'failure')
      assert.match(killed.jobs['deploy'].log, /^canary at /m)

      const carryOn = async () =>
        runWorkflow(world, { workflow: 'resume.yml', event: await scheduleEvent(world, '17 * * * *') })
      const resumed = await carryOn()
      assert.equal(resumed.conclusion, 'success', failures({ resumed }))
      const { log, name } = Object.values(resumed.jobs).find((job) => /^resume /.test(job.name)) ?? { log: '' }
      assert.equal(name, 'resume (production, production-rehearsal)')
      assert.match(log, /carrying on with .* left .*\n(.*\n)*promote: /)
      assert.equal((await carryOn()).jobs['resume']?.conclusion, 'skipped')
      const again = await runWorkflow(world, { rerunFailedOf: killed })
      assert.equal(again.conclusion, 'success', failures({ again }))
      assert.match(again.jobs['deploy']?.log ?? '', /promoted before/)

      const entries = (await ledger(world)).slice(before.length)
      assert.deepEqual(
        entries.map((subject) => /asked for|carried on|promoted|$/.exec(subject)?.[0]),
        ['asked for', '', 'carried on', 'promoted'],
        entries.join('\n'),
      )
      const notes = world.github.state.releases.filter(({ tag }) => tag === 'v2.0.0')
      assert.deepEqual(
        notes.map(({ name, body }) => [name, /Evidence: .* requests to the canary/.test(body ?? '')]),
        [['v2.0.0 (rehearsal)', true]],
      )
      assert.deepEqual(world.github.state.violations, [])
    },
  )
})

/** A project whose images are built and kept for real: its workflows leave out no job. */
async function withImages(stack: AsyncDisposableStack) {
  const containers = stack.use(await scratchContainers())
  const registry = stack.use(await startRegistry(containers.dir))
  const { CONTAINERS_CONF = '', CONTAINERS_STORAGE_CONF = '' } = process.env
  return {
    variables: { IMAGE_REGISTRY: registry.at, IMAGE_BASE: base, REQUIRE_ATTESTATION: 'true' },
    machine: { CONTAINERS_CONF, CONTAINERS_STORAGE_CONF },
  }
}

/** The rollout to production comes to its cases with the second change: the first has no canary. */
function planOf(cases: readonly Case[]): readonly (readonly Case[])[] {
  const late = ({ file, job }: Case) => file === 'production.yml' && job === 'deploy'
  return [cases.filter((each) => !late(each)), cases.filter(late)]
}
