// The control side, the start and the stop.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startGateway } from '../../../serve/gateway/gateway.ts'
import { answers, barelyTried, digest, predictThrough, startMember, startTestGateway } from '../helper.ts'

const rollout = 'r1'
const json = async <T>(answer: Response) => (await answer.json()) as T

test('control refuses who has no token, and members that make no sense', async () => {
  await using gateway = await startTestGateway()
  const { port, controlPort, pid } = JSON.parse(await readFile(join(gateway.state, 'gateway.json'), 'utf8'))
  assert.equal(pid, process.pid)
  assert.equal(`http://127.0.0.1:${port}`, gateway.url())
  assert.equal((await stat(join(gateway.state, 'control-token'))).mode & 0o777, 0o600)
  const bare = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${controlPort}/members`, { headers })
  assert.equal((await bare({})).status, 401)
  assert.equal((await bare({ authorization: 'Bearer wrong' })).status, 401)
  assert.equal((await fetch(`${gateway.url()}/members`)).status, 503)
  const member = { url: 'http://127.0.0.1:1', digest: digest('a') }
  const whole = { rollout: null, stable: member, canary: null, weight: 0 }
  const wrong = [
    [{ ...whole, weight: 2 }, /weight must be <= 1, got 2/],
    [{ ...whole, weight: 0.1 }, /weight is 0\.1 and canary is null/],
    [{ ...whole, rollout: '../x' }, /rollout/],
    [{ ...whole, stable: { ...member, url: 'http://127.0.0.1:1/path' } }, /stable/],
    [{ ...whole, other: 1 }, /other is not a known key/],
    [{ rollout: null }, /stable is missing/],
  ] as const
  for (const [members, expected] of wrong) {
    const answer = await gateway.control('PUT', '/members', members)
    assert.equal(answer.status, 422)
    assert.match((await json<{ detail: string }>(answer)).detail, expected)
  }
  assert.equal((await gateway.control('GET', '/other')).status, 404)
  assert.equal((await gateway.control('PUT', '/said', { said: 1 })).status, 422)
  assert.equal((await gateway.status()).stable, null)
})

test('who does not get the port changes nothing in the state folder', async () => {
  await using gateway = await startTestGateway()
  const before = await readFile(join(gateway.state, 'gateway.json'), 'utf8')
  const port = Number(new URL(gateway.url()).port)
  const second = startGateway({
    host: '127.0.0.1',
    port,
    state: gateway.state,
    tokenFile: join(gateway.state, 'control-token'),
  })
  await assert.rejects(second, { code: 'EADDRINUSE' })
  assert.equal(await readFile(join(gateway.state, 'gateway.json'), 'utf8'), before)
  assert.equal((await gateway.control('GET', '/members')).status, 200)
})

test('refuses to start on a damaged members.json or a token that others can read', async () => {
  await using gateway = await startTestGateway()
  await gateway.stop()
  await writeFile(join(gateway.state, 'members.json'), '{')
  await assert.rejects(gateway.restart(), /members\.json is not JSON: remove it and deploy again/)
  await writeFile(join(gateway.state, 'members.json'), '{}')
  await assert.rejects(gateway.restart(), /rollout is missing/)
  await writeFile(join(gateway.state, 'loose-token'), 'a token that is long enough', { mode: 0o644 })
  await assert.rejects(startTestGateway({ tokenFile: join(gateway.state, 'loose-token') }), /chmod 600/)
})

test('a stop answers what is in flight, writes its events, and takes no more', async () => {
  let answer: (() => void) | undefined
  await using stable = await startMember('a', (request, response, body) => {
    answer = () => answers('a')(request, response, body)
  })
  await using gateway = await startTestGateway()
  await gateway.put({ rollout, ...barelyTried(stable) })
  const slow = predictThrough(gateway.url())
  while (!answer) await sleep(5)
  const stopped = gateway.stop()
  // Who connects before nobody listens any more is still answered.
  while (await connects(gateway.url())) await sleep(100)
  await assert.rejects(predictThrough(gateway.url()))
  answer()
  assert.equal((await slow).status, 200)
  await stopped
  assert.equal(gateway.events(rollout).length, 1)
  await assert.rejects(stat(join(gateway.state, 'gateway.json')))
})

async function connects(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return connected
}
