import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answers, digest, memberOf, predictThrough, startMember, startTestGateway } from '../helper.ts'

test('counters and histograms per arm, on /metrics of the public side', async () => {
  await using stable = await startMember('a')
  await using canary = await startMember('b', answers('b', 500))
  await using gateway = await startTestGateway()
  assert.equal((await predictThrough(gateway.url())).status, 503)
  const members = { rollout: 'r', stable: memberOf(stable), canary: memberOf(canary) }
  await gateway.put({ ...members, weight: 1 })
  for (let request = 0; request < 3; request += 1) await predictThrough(gateway.url())
  await gateway.put(members)
  await predictThrough(gateway.url())
  const answer = await fetch(`${gateway.url()}/metrics`)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/)
  const lines = (await answer.text()).split('\n')
  for (const line of [
    'mergeline_gateway_requests_total{arm="stable",status="2xx"} 1',
    'mergeline_gateway_requests_total{arm="canary",status="5xx"} 3',
    'mergeline_gateway_requests_total{arm="canary",status="none"} 0',
    'mergeline_gateway_attempt_duration_seconds_count{arm="canary"} 3',
    'mergeline_gateway_retries_total 3',
    'mergeline_gateway_refused_total{reason="nothing deployed"} 1',
    'mergeline_gateway_weight 0',
    'mergeline_gateway_requests_in_flight 1',
    `mergeline_gateway_member_ready{arm="canary",digest="${digest('b')}"} 1`,
    `mergeline_gateway_breaker_open{arm="stable",digest="${digest('a')}"} 0`,
    'mergeline_gateway_events_lost 0',
  ])
    assert.ok(lines.includes(line), `${line} is not among\n${lines.join('\n')}`)
})
