// Ten times the load that a server can answer, for two seconds: `npm run bench -- overload` measures what this shows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overloaded } from '../../bench/serving/overload.ts'

test('a server with a slow model answers what it can and refuses the rest, each request one or the other', async (t) => {
  const { rows } = await overloaded.run({ quick: true, say: (line) => t.diagnostic(line) })
  for (const { what, figure } of rows) t.diagnostic(`${what}: ${figure}`)
  const figure = (part: string) =>
    Number.parseFloat(String(rows.find(({ what }) => String(what).includes(part))?.figure))
  assert.ok(figure('good answers') > 0)
  assert.ok(figure('refused with 503') > 0)
  assert.equal(figure('other answers'), 0)
  assert.ok(figure('memory') > 0)
})
