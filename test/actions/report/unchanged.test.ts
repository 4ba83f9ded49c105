import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reported, world } from './scenario.ts'

test('the same run reported again changes nothing, and writes nothing', async () => {
  const at = world()
  await reported(at)
  const [first] = at.comments
  const before = first?.body.replaceAll('\n', '\r\n') ?? ''
  // GitHub may have kept other line ends.
  at.comments = first ? [{ ...first, body: before }] : []
  const { code, outputs, requests } = await reported(at)
  assert.equal(code, 0)
  assert.equal(outputs['posted'], 'unchanged')
  assert.deepEqual(
    requests.filter(({ told }) => !/^(?:storage: )?GET /.test(told)),
    [],
  )
  assert.equal(at.comments[0]?.body, before)
})
