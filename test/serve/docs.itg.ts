import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createApp } from '../../serve/app.ts'
import { launchBrowser, noBrowser, wrongs } from '../browser.ts'
import { apiKey, appOptions } from './helper.ts'

test('a prediction is asked for on the page /docs, which talks to nobody else and breaks no rule of its own', async (t) => {
  if (noBrowser) return t.skip(noBrowser)
  const app = await createApp(appOptions)
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  await using browser = await launchBrowser()
  const page = await browser.newPage()
  page.setDefaultTimeout(120_000)
  const wrong = wrongs(page, url)

  await page.goto(`${url}/docs`)
  const operation = page.locator('.opblock', { hasText: '/v1/predict' })
  await operation.click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  await operation.locator('.live-responses-table', { hasText: 'no valid key or token' }).waitFor()

  await page.getByRole('button', { name: 'Authorize' }).first().click()
  const keys = page.locator('.modal-ux')
  await keys.locator('input').first().fill(apiKey)
  await keys.locator('button.authorize').first().click()
  await keys.locator('button.btn-done').first().click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  // The example is ten times too cold for a sale: -30 °C.
  await operation.locator('.live-responses-table', { hasText: '-300' }).waitFor()
  assert.deepEqual(wrong, [])
})
