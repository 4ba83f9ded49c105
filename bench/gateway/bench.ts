/** What a request costs on its way through the gateway: CPU per request, beside the server alone and HAProxy in its place, in one run. */
import { hash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { putMembers } from '../../pipeline/release/targets/gateway-client.ts'
import { freePort } from '../../pipeline/release/targets/ports.ts'
import type { Bench } from '../benches.ts'
import { exampleRecord, untrainedBundle } from '../bundle.ts'
import { measure, median, rounded } from '../measure.ts'
import { startEntry, untilReady } from '../processes.ts'
import { haproxyVersion, startHaproxy } from './haproxy.ts'

const connections = 50

export const gateway: Bench = {
  describe: 'CPU per request through the gateway, beside the server alone and HAProxy',
  async run({ quick, say }) {
    if (process.platform !== 'linux') throw new Error('bench gateway reads CPU times from /proc: run it on Linux')
    const version = await haproxyVersion()
    const [seconds, rounds] = quick ? [0.3, 2] : [3, 7]
    const folder = await mkdtemp(join(tmpdir(), 'mergeline-bench-gateway-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const ports = { server: await freePort(), gateway: await freePort(), haproxy: await freePort() }

    const key = randomBytes(24).toString('base64url')
    await writeFile(join(folder, 'keys'), `${hash('sha256', key)}\n`)
    const digest = await untrainedBundle(join(folder, 'bundle'))
    const server = stack.use(
      startEntry('server', {
        MERGELINE_BUNDLE: join(folder, 'bundle'),
        MERGELINE_PORT: String(ports.server),
        MERGELINE_API_KEYS_FILE: join(folder, 'keys'),
      }),
    )
    const state = join(folder, 'gateway')
    await mkdir(state)
    const between = stack.use(
      startEntry('gateway', {
        MERGELINE_GATEWAY_STATE: state,
        MERGELINE_GATEWAY_PORT: String(ports.gateway),
      }),
    )
    const haproxy = version ? stack.use(await startHaproxy(folder, ports.haproxy, ports.server)) : undefined

    await untilReady(server, `http://127.0.0.1:${ports.server}/ready`)
    while (!(await readFile(join(state, 'gateway.json')).catch(() => undefined))) await sleep(20)
    const member = { url: `http://127.0.0.1:${ports.server}`, digest }
    await putMembers(state, { rollout: 'bench', seed: 1, timeoutMs: 2000, stable: member, canary: member, weight: 0.1 })

    const ways = [
      { way: 'server alone', port: ports.server, between: [] },
      { way: 'through the gateway', port: ports.gateway, between: [between] },
      ...(haproxy ? [{ way: `through HAProxy ${version}`, port: ports.haproxy, between: [haproxy] }] : []),
    ]
    const load = {
      ...{ connections, seconds, path: '/v1/predict', headers: { authorization: `Bearer ${key}` } },
      body: JSON.stringify({ records: [exampleRecord] }),
    }
    const costs = new Map(ways.map(({ way }) => [way, { between: [] as number[], server: [] as number[] }]))
    // The first round warms up, and is not counted; the order turns, so that nobody always comes after the same.
    for (let round = 0; round <= rounds; round += 1)
      for (const { way, port, between } of round % 2 ? ways.toReversed() : ways) {
        const { cpuMicros } = await measure([server, ...between], { ...load, port })
        const [servers = 0, betweens = 0] = cpuMicros
        say(`${way}: ${betweens.toFixed(1)} + ${servers.toFixed(1)} µs`)
        if (round === 0) continue
        costs.get(way)?.between.push(betweens)
        costs.get(way)?.server.push(servers)
      }

    const rows = ways.map(({ way }) => {
      const { between = [], server = [] } = costs.get(way) ?? {}
      return { way, 'between, µs': rounded(median(between), 1), 'server, µs': rounded(median(server), 1) }
    })
    const own = median(costs.get('through the gateway')?.between ?? [])
    const peer = haproxy && median(costs.get(`through HAProxy ${version}`)?.between ?? [])
    const goal = peer === undefined ? undefined : 1.5 * peer + 30
    return {
      title: `CPU per request, ${connections} keep-alive connections, one-row requests for ${seconds} s a round, median of ${rounds} rounds`,
      rows,
      notes: [
        'between: the process in the middle, user and system time; server: serve/server.ts behind it.',
        goal === undefined
          ? 'HAProxy is not installed, so there is nothing to compare with: on Debian, apt-get install haproxy.'
          : `goal: 1.5 × HAProxy + 30 µs = ${rounded(goal, 1)} µs; the gateway takes ${rounded(own, 1)} µs.`,
      ],
      ...(goal !== undefined && own > goal && !quick
        ? { missed: [`gateway ${rounded(own, 1)} µs, goal ${rounded(goal, 1)} µs`] }
        : {}),
    }
  },
}
