// Git, a bundle's bytes, servers and the gateway are asked for real.
import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { askAll } from '../../pipeline/release/ask-all.ts'
import { deploy } from '../../pipeline/release/deploy.ts'
import { readJournal } from '../../pipeline/release/journal.ts'
import { stop } from '../../pipeline/release/stop.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { putMembers } from '../../pipeline/release/targets/gateway-client.ts'
import { compare } from '../../pipeline/release/verify.ts'
import { makeProject } from './project.ts'

test('what runs is as Git says; a changed bundle, a gateway that was turned, an alias that lies are each found', async () => {
  await using project = await makeProject({ canary: { steps: [] } })
  const { root } = project
  const commit = await project.commit()
  const [first, second] = [await project.model(1), await project.model(2)]
  await deploy(project.options(first, commit))
  const registry = (version: number, digest: string) => ({
    alias: async () => ({ version, digest }),
    versionOf: async () => 1,
  })
  const ask = async (lies = registry(1, first.digest)) => compare(await askAll(root, 'production', lies))
  assert.deepEqual(await ask(), { wrong: [], notes: [] })
  const who = async (lies?: ReturnType<typeof registry>) => (await ask(lies)).wrong.map((each) => each.who)
  assert.deepEqual(await who(registry(2, second.digest)), ['registry'])

  const state = stateDir(root, 'production')
  const { stable } = await readJournal(state)
  const nobody = { url: 'http://127.0.0.1:9', digest: second.digest }
  await putMembers(state, { rollout: null, stable: nobody, canary: null, weight: 0 })
  assert.deepEqual(await who(), ['gateway'])
  const ours = { url: `http://127.0.0.1:${stable?.port}`, digest: first.digest }
  await putMembers(state, { rollout: null, stable: ours, canary: null, weight: 0 })
  assert.deepEqual(await who(), [])

  await appendFile(join(state, 'bundles', first.digest.replace(':', '-'), 'weights.bin'), 'x')
  assert.deepEqual(await who(), ['bundle'])
  await stop(root, 'production')
  const stopped = await ask()
  assert.deepEqual(
    stopped.wrong.map((each) => each.who),
    ['bundle'],
  )
  assert.deepEqual(stopped.notes, ['nothing of it runs on this machine'])
})
