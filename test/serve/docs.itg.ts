import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { createApp } from '../../serve/app.ts'
import { apiKey, appOptions } from './helper.ts'

const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync']

test('a prediction is asked for on the page /docs, which talks to nobody else and breaks no rule of its own', async (t) => {
  if (!existsSync(browserPath) && process.env['CI'] !== 'true')
    return t.skip(`no browser at ${browserPath}: install Chromium or set CHROMIUM_PATH`)
  const app = await createApp(appOptions)
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  await using browser = await chromium.launch({ executablePath: browserPath, args: [...flags, ...quiet] })
  const page = await browser.newPage()
  page.setDefaultTimeout(30_000)
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('console', (message) => {
    // It tells of each answer that is no 2xx as well.
    if (message.type() === 'error' && !message.text().includes('status of 4')) wrong.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) wrong.push(request.url())
  })

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
