import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { exampleRecord } from '../../bench/bundle.ts'
import { keyFields, recordSchema } from '../../pipeline/task/record.ts'
import { createApp } from '../../serve/app.ts'
import { openAudit } from '../../serve/audit/open.ts'
import { keyLookup } from '../../serve/keys.ts'
import { readSettings, serverSettings } from '../../serve/settings.ts'
import { launchBrowser, noBrowser, wrongs } from '../browser.ts'
import { apiKey, digest, fakeBundle, sha256, temporaryFolder } from './helper.ts'

const shots = process.env['MERGELINE_SCREENSHOTS']

/** A gateway's control side as the page's server asks it. */
async function startControl(t: TestContext) {
  const server = createServer((request, response) => {
    const known = request.headers.authorization === 'Bearer secret' && request.url === '/members'
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    const counts = { stable: { requests: 1200, errors: 0 }, canary: { requests: 61, errors: 1 } }
    const said = 'canary at 5 %: <b>61</b> canary requests'
    const members = { stable: { url: 'http://hidden', digest: digest('a') }, canary: { url: 'x', digest: digest('b') } }
    response.end(JSON.stringify({ rollout: 'r1', ...members, weight: 0.05, counts, said }))
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Warm and sunny days sell: this is the sample's record, whatever the task is by now. */
type Day = { readonly [weather in 'temperature_c' | 'sunshine_h' | 'rain_mm']: number } & {
  readonly promotion: boolean
}

const sales = ({ temperature_c, sunshine_h, rain_mm, promotion }: Day) =>
  Math.max(0, 12 * temperature_c + 6 * sunshine_h - 3 * rain_mm) * (promotion ? 1.3 : 1)

async function startPage(t: TestContext, folder: string) {
  const golden = [8, 14, 19, 25, 31].map((temperature_c, at) => {
    const record = { ...exampleRecord, temperature_c, sunshine_h: 2 * at, rain_mm: at % 2, promotion: at === 3 }
    return { record, prediction: sales(record) }
  })
  const bundle = fakeBundle({
    recordSchema,
    golden,
    predict: (records) => (records as unknown as readonly Day[]).map(sales),
  })
  const { target } = bundle.manifest
  await writeFile(join(folder, 'card.md'), '# Model card: <b>ice</b>\n')
  await writeFile(join(folder, 'token'), 'secret\n')
  const settings = readSettings(serverSettings, { MERGELINE_BUNDLE: '-', MERGELINE_AUDIT_DIR: join(folder, 'audit') })
  const audited = { environment: 'production', image: undefined, recordSchema, keyFields, log: () => {} }
  const audit = await openAudit(settings, audited)
  const app = await createApp({
    bundle: { ...bundle, manifest: { ...bundle.manifest, target: target.replace('units', 'units_sold') } },
    audit,
    model: { name: 'ice-cream-sales', version: '7' },
    lookup: keyLookup([
      { id: 'tests', scopes: ['predict', 'read'], sha256: sha256(apiKey) },
      { id: 'only', scopes: ['predict'], sha256: sha256('predicts') },
    ]),
    environment: 'production',
    docs: false,
    insight: {
      card: join(folder, 'card.md'),
      rollout: { url: await startControl(t), tokenFile: join(folder, 'token') },
    },
  })
  t.after(async () => {
    await app.close()
    await audit?.close()
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

async function open(browser: Browser, url: string, options: object): Promise<{ page: Page; wrong: readonly string[] }> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  const wrong = wrongs(page, url)
  await page.goto(url)
  return { page, wrong }
}

async function signIn(page: Page, key: string) {
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const predicted = (page: Page) => page.locator('#prediction').innerText()

test('on the page one signs in, predicts, sees why and what if, on a phone and by keyboard; it breaks no rule of its own', async (t) => {
  if (noBrowser) return t.skip(noBrowser)
  await using folder = await temporaryFolder()
  const url = await startPage(t, folder.path)
  const policy = (await fetch(url)).headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'; script-src 'self'/)
  assert.doesNotMatch(policy, /unsafe/)
  await using browser = await launchBrowser()

  const { page, wrong } = await open(browser, url, { viewport: { width: 1280, height: 900 } })
  await page.getByRole('button', { name: 'Predict' }).click()
  await page.getByRole('alert').getByText('Sign in with an API key first').waitFor()
  await signIn(page, 'nobody knows it')
  await page.getByRole('alert').getByText('not known here').waitFor()
  await signIn(page, apiKey)
  await page.getByText('Signed in.').waitFor()

  // By keyboard alone: from a field, Enter sends.
  await page.getByLabel('Temperature °C', { exact: true }).fill('26')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Why' }).waitFor()
  const first = await predicted(page)
  assert.match(first, /^[\d,.]+ units$/)
  const rows = await page.locator('#why tbody tr').allInnerTexts()
  assert.equal(rows.length, 9)
  await page.locator('#curve path').waitFor()
  assert.match(await page.locator('#curve-told').innerText(), /^Temperature from 8 to 31/)
  await page.getByLabel('Vary').selectOption('sunshine_h')
  await page.getByText(/^Sunshine from 0 to 8/).waitFor()

  // What the server refuses is told at its field.
  await page.getByLabel('Rain').fill('-1')
  await page.getByRole('button', { name: 'Predict' }).click()
  await page.getByText('must be >= 0', { exact: true }).waitFor()
  assert.equal(await page.getByLabel('Rain').getAttribute('aria-invalid'), 'true')
  assert.equal(await predicted(page), first)
  await page.getByLabel('Rain').fill('3')
  await page.getByRole('button', { name: 'Predict' }).click()
  await page.locator('#recent tbody tr').nth(3).waitFor()
  await page.getByRole('heading', { name: 'Predictions so far' }).waitFor()
  assert.match(await page.locator('#recent tbody').innerText(), /harbour\|/)
  assert.match(await page.locator('#rollout tbody').innerText(), /canary.*5 %.*61/s)
  assert.match(
    await page.locator('#rollout p').innerText(),
    /^A rollout is under way\. So far: canary at 5 %: <b>61<\/b> canary requests\.$/,
  )
  assert.doesNotMatch(await page.content(), /hidden:|http:\/\/hidden/)
  await page.getByText('The whole model card').click()
  await page.getByText('# Model card: <b>ice</b>').waitFor()
  assert.deepEqual(wrong, [])

  for (const [name, width, height] of [
    ['phone', 390, 844],
    ['desktop', 1280, 900],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, wrong } = await open(browser, url, { viewport: { width, height }, colorScheme })
      await signIn(page, apiKey)
      await page.getByText('Signed in.').waitFor()
      await page.getByRole('button', { name: 'Predict' }).click()
      await page.locator('#curve path').waitFor()
      await page.locator('#recent tbody tr').first().waitFor()
      const wide = await page.locator('html').evaluate((root: { scrollWidth: number }) => root.scrollWidth)
      assert.ok(wide <= width, `${name}: ${wide} px wide`)
      if (shots) {
        mkdirSync(shots, { recursive: true })
        await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`), fullPage: true })
      }
      assert.deepEqual(wrong, [])
      await page.context().close()
    }

  // Who may only predict does, and sees no more.
  const narrow = await open(browser, url, {})
  await signIn(narrow.page, 'predicts')
  await narrow.page.getByText('this key may not read').waitFor()
  await narrow.page.getByRole('button', { name: 'Predict' }).click()
  await narrow.page.locator('#curve path').waitFor()
  assert.equal(await narrow.page.locator('#recent').isVisible(), false)
  assert.deepEqual(narrow.wrong, [])
})
