import assert from 'node:assert/strict'
import { appendFile, cp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { exampleRecord, untrainedBundle } from '../../bench/bundle.ts'
import { median } from '../../bench/measure.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { freePort } from '../free-port.ts'
import { repetitions } from '../repetitions.ts'
import { apiKey, sha256, temporaryFolder } from './helper.ts'
import { patient, ready, start, until } from './process.ts'

const body = JSON.stringify(exampleRecord)

type Answer = { readonly status: number; readonly header: string | undefined; readonly text: string }

/** Asks over connections that are kept, as clients do. */
function ask(agent: Agent, port: number, path: string, key: string, payload: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const asked = request({ agent, port, host: '127.0.0.1', path, method: 'POST', headers }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += chunk))
      answer.on('end', () => {
        const header = answer.headers['x-mergeline-digest'] as string
        resolve({ status: answer.statusCode ?? 0, header, text })
      })
      answer.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(payload)
  })
}

/** Two bundles, a link that leads to the first, and a server for what it leads to. */
async function setUp(folder: string) {
  const dirs = [join(folder, 'a'), join(folder, 'b')] as const
  const link = join(folder, 'current')
  const keys = join(folder, 'keys')
  await writeFile(keys, `${sha256(apiKey)}\n${sha256('control')} control operator\n`)
  const expected = new Map<string, number>()
  for (const [at, dir] of dirs.entries()) {
    await untrainedBundle(dir, { seed: at + 1 })
    const bundle = await loadBundle(dir)
    expected.set(bundle.digest, bundle.predict([exampleRecord])[0] as number)
    bundle.dispose()
  }
  const [a, b] = [...expected.keys()] as [string, string]
  await symlink(dirs[0], link)
  const port = await freePort()
  const server = start('server', {
    ...patient,
    MERGELINE_BUNDLE: link,
    MERGELINE_PORT: String(port),
    MERGELINE_API_KEYS_FILE: keys,
    MERGELINE_AUDIT_DIR: join(folder, 'audit'),
  })
  await ready(`http://127.0.0.1:${port}`)
  const lead = async (dir: string) => {
    await symlink(dir, `${link}.new`)
    await rename(`${link}.new`, link)
  }
  return { dirs, a, b, expected, port, server, lead }
}

test('bundles are swapped under load: no request fails, each answer is of the bundle that it names, and no memory is lost', async (t) => {
  await using folder = await temporaryFolder()
  const { dirs, a, b, expected, port, server, lead } = await setUp(folder.path)
  await using _ = server
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const counts = new Map([...expected.keys()].map((digest) => [digest, 0]))
  let over = false
  const clients = Array.from({ length: 16 }, async () => {
    while (!over) {
      const { status, header, text } = await ask(agent, port, '/v1/predict', apiKey, body)
      assert.equal(status, 200, text)
      const { digest, predictions } = JSON.parse(text) as { digest: string; predictions: [number] }
      assert.equal(header, digest)
      const right = expected.get(digest) as number
      assert.ok(Math.abs(predictions[0] - right) <= 1e-5 * Math.abs(right), `${predictions[0]} by ${digest}`)
      counts.set(digest, (counts.get(digest) ?? 0) + 1)
    }
  })
  const swaps = repetitions(25)
  // Under load V8's heap grows for some minutes, to several times of what lives in it: what swaps leave behind is what comes after that.
  const settling = swaps >= 500 ? swaps : 0
  const memory: number[] = []
  for (let swap = 1; swap <= settling + swaps; swap += 1) {
    await lead(dirs[swap % 2] as string)
    const { status, text } = await ask(agent, port, '/v1/reload', 'control', '{}')
    assert.equal(status, 200, text)
    const now = swap % 2 === 1 ? b : a
    assert.equal(JSON.parse(text).digest, now)
    const answered = counts.get(now) ?? 0
    while ((counts.get(now) ?? 0) < answered + 4) await sleep(5)
    memory.push(await residentMiB(server.pid ?? 0))
  }
  over = true
  await Promise.all(clients)
  agent.destroy()
  server.kill('SIGTERM')
  assert.equal(await server.exited, 0)
  // Memory goes up and down with the collector: the middle of the first fifth, and of the last.
  const counted = memory.slice(settling)
  const [early, late] = [median(counted.slice(0, swaps / 5)), median(counted.slice((-1 * swaps) / 5))]
  t.diagnostic(`${swaps} swaps: ${early.toFixed(0)} MiB in the first fifth, ${late.toFixed(0)} MiB in the last`)
  if (settling > 0) assert.ok(late <= 1.05 * early, `${early} MiB, then ${late} MiB`)
})

/** Resident memory of a process. Source: proc(5). */
async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
}

test('a bundle that was tampered with, and one of other records, are refused with the reason, and the one before is served', async () => {
  await using folder = await temporaryFolder()
  const { dirs, a, b, port, server, lead } = await setUp(folder.path)
  await using _ = server
  const agent = new Agent({ keepAlive: true })
  const reload = (key = 'control') => ask(agent, port, '/v1/reload', key, '{}')
  assert.equal((await reload(apiKey)).status, 403)
  assert.deepEqual(JSON.parse((await reload()).text), { digest: a, before: a, changed: false })

  const changed = join(folder.path, 'changed')
  await cp(dirs[1], changed, { recursive: true })
  await appendFile(join(changed, 'weights.bin'), ' ')
  await lead(changed)
  const refused = await reload()
  assert.equal(refused.status, 409)
  assert.match(
    JSON.parse(refused.text).detail,
    /^the bundle was refused: bundle: weights\.bin is not what the manifest says/,
  )
  assert.doesNotMatch(refused.text, new RegExp(folder.path))

  const other = join(folder.path, 'other')
  await untrainedBundle(other, { more: { title: 'other records' } })
  await lead(other)
  assert.match((await reload()).text, /its record schema is another/)

  await lead(join(folder.path, 'nowhere'))
  assert.match((await reload()).text, /the bundle was refused/)
  const { digest } = JSON.parse((await ask(agent, port, '/v1/predict', apiKey, body)).text)
  assert.equal(digest, a)

  // The link alone is enough: it is looked at each second.
  await lead(dirs[1])
  await until('the other bundle', async () => {
    const answer = await ask(agent, port, '/v1/predict', apiKey, body)
    return JSON.parse(answer.text).digest === b || undefined
  })
  agent.destroy()
  await rm(join(folder.path, 'current'))
})
