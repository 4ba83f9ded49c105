import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { exampleRecord } from '../../bench/bundle.ts'
import { freePort } from '../free-port.ts'
import { apiKey, startTestGateway, temporaryFolder } from './helper.ts'
import { ready, setUp, start } from './process.ts'

test('clients see no failed request while a canary is killed, hangs, comes back, is promoted, and the old server ends', async () => {
  await using folder = await temporaryFolder()
  const old = await setUp(folder.path, await freePort())
  const { env, digest, url } = await setUp(folder.path, await freePort())
  await using first = start('server', old.env)
  await using killed = start('server', env)
  await using gateway = await startTestGateway({ state: join(folder.path, 'gateway') })
  await Promise.all([ready(old.url), ready(url)])
  const stable = { url: old.url, digest }
  const canary = { url, digest }
  const trial = { rollout: 'r', timeoutMs: 2000, stable, canary, weight: 0.5 }

  await gateway.put(trial)
  let running = true
  const statuses: number[] = []
  const clients = Array.from({ length: 6 }, async () => {
    while (running) {
      const answer = await fetch(`${gateway.url()}/v1/predict`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ records: [exampleRecord] }),
      })
      await answer.arrayBuffer()
      statuses.push(answer.status)
    }
  })
  const more = async (answers: number) => {
    for (const enough = statuses.length + answers; statuses.length < enough; ) await sleep(10)
  }
  await more(100)
  killed.kill('SIGKILL')
  await more(100)
  await using second = start('server', env)
  await ready(url)
  await more(50)
  second.kill('SIGSTOP')
  await sleep(2500)
  second.kill('SIGCONT')
  await more(50)
  await gateway.put({ rollout: null, stable: canary })
  while ((await gateway.status()).inFlight[old.url] !== undefined) await sleep(5)
  first.kill('SIGTERM')
  assert.equal(await first.exited, 0)
  await more(50)
  running = false
  await Promise.all(clients)

  assert.deepEqual([...new Set(statuses)], [200])
  const events = gateway.events('r')
  assert.ok(events.some((event) => event.arm === 'canary' && event.status === 0))
  assert.ok(events.every((event) => event.arm === 'canary' || event.status === 200))
})
