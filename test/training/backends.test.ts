import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lossesOf, networks } from './layers.ts'

for (const network of Object.keys(networks) as (keyof typeof networks)[])
  test(`${network}: trains on wasm as on cpu, though wasm has not all kernels, and again to the same bits`, async () => {
    const cpu = await lossesOf(network, 'cpu')
    const wasm = await lossesOf(network, 'wasm')
    assert.ok((wasm.at(-1) as number) < 0.4 * (wasm[0] as number), `${wasm}`)
    wasm.forEach((loss, at) => {
      assert.ok(Math.abs(loss / (cpu[at] as number) - 1) < 1e-2, `epoch ${at + 1}: ${loss}, not ${cpu[at]}`)
    })
    assert.deepEqual(await lossesOf(network, 'wasm'), wasm)
  })
