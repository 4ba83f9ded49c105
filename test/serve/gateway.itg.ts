import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { memberOf, predictThrough, readLines, startMember, temporaryFolder } from './helper.ts'
import { start, until } from './process.ts'

type Address = { readonly pid: number; readonly port: number; readonly controlPort: number }

async function started(folder: string, gateway: { readonly pid?: number | undefined }): Promise<Address> {
  return until('gateway.json', async () => {
    const address = JSON.parse(await readFile(join(folder, 'gateway.json'), 'utf8')) as Address
    return address.pid === gateway.pid ? address : undefined
  })
}

async function put(folder: string, { controlPort }: Address, members: unknown): Promise<void> {
  const token = readFileSync(join(folder, 'control-token'), 'utf8').trim()
  const answer = await fetch(`http://127.0.0.1:${controlPort}/members`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(members),
  })
  assert.equal(answer.status, 200, await answer.text())
}

test('killed under load and started again, it goes on: members, numbers, whole lines', async () => {
  await using folder = await temporaryFolder()
  await using stable = await startMember('a')
  await using canary = await startMember('b')
  const state = { MERGELINE_GATEWAY_STATE: folder.path }
  await using first = start('gateway', { ...state, MERGELINE_GATEWAY_PORT: '0' })
  const address = await started(folder.path, first)
  const url = `http://127.0.0.1:${address.port}`
  await put(folder.path, address, { rollout: 'r', stable: memberOf(stable), canary: memberOf(canary), weight: 0.5 })
  let sent = 0
  const clients = Array.from({ length: 4 }, async () => {
    for (;;) {
      const answer = await predictThrough(url).catch(() => undefined)
      if (!answer) return
      sent += 1
    }
  })
  while (sent < 1000) await sleep(10)
  first.kill('SIGKILL')
  await Promise.all(clients)
  await using second = start('gateway', { ...state, MERGELINE_GATEWAY_PORT: String(address.port) })
  await started(folder.path, second)
  const before = canary.requests + stable.requests
  for (let request = 0; request < 20; request += 1) assert.equal((await predictThrough(url)).status, 200)
  assert.equal(canary.requests + stable.requests, before + 20)
  second.kill('SIGTERM')
  assert.equal(await second.exited, 0)
  const numbers = readLines(folder.path, 'r')
    .map((line) => JSON.parse(line).n as number | undefined)
    .filter((n) => n !== undefined)
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => index + 1),
  )
  // What was not yet written when it was killed is lost: 50 ms of requests, not more.
  assert.ok(numbers.length >= (sent + 20) * 0.5, `${numbers.length} of ${sent + 20}`)
})

test('a second gateway for the same folder ends with 2 and one line, and leaves the first alone', async () => {
  await using folder = await temporaryFolder()
  await using first = start('gateway', { MERGELINE_GATEWAY_STATE: folder.path, MERGELINE_GATEWAY_PORT: '0' })
  const address = await started(folder.path, first)
  await using second = start('gateway', {
    MERGELINE_GATEWAY_STATE: folder.path,
    MERGELINE_GATEWAY_PORT: String(address.port),
  })
  assert.equal(await second.exited, 2)
  assert.equal(
    second.errors(),
    `gateway: port 127.0.0.1:${address.port} is in use: stop what listens there, or choose another port (MERGELINE_GATEWAY_PORT)\n`,
  )
  assert.deepEqual(JSON.parse(await readFile(join(folder.path, 'gateway.json'), 'utf8')), address)
  await put(folder.path, address, { rollout: null, stable: null, canary: null, weight: 0 })
  first.kill('SIGTERM')
  assert.equal(await first.exited, 0)
})
