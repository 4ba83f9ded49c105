import assert from 'node:assert/strict'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { ensureMlflow } from '../../pipeline/tracking/embedded.ts'
import { registerVersion, setAlias, versionUrl } from '../../pipeline/tracking/registry.ts'
import { runUrl } from '../../pipeline/tracking/runs.ts'
import { launchBrowser, noBrowser } from '../browser.ts'
import { digest, fingerprint, logSampleRun } from './sample-run.ts'
import { scratchTree } from './scratch.ts'

test("MLflow's own page shows run, dataset, charts, model version, aliases and the model's schema", async (t) => {
  if (noBrowser) return t.skip(noBrowser)
  await using tree = await scratchTree()
  const { mlflow } = await ensureMlflow(tree.root, {})
  const run = await logSampleRun(mlflow)
  const description = '# Model card\n\nMade for the **test**.'
  const tags = { 'mergeline.fingerprint': fingerprint, 'mergeline.gate': 'pass' }
  const version = await registerVersion(mlflow, { model: 'ice-cream-sales', digest, runId: run.id, tags, description })
  for (const alias of ['staging', 'production'] as const) await setAlias(mlflow, version.model, alias, version.version)

  await using browser = await launchBrowser()
  const page = await browser.newPage({ viewport: { width: 1600, height: 1400 } })
  page.setDefaultTimeout(120_000)

  await page.goto(runUrl(mlflow, run))
  await sees(page, [
    'validation_mae',
    'epochs',
    'Finished',
    'c0ffee0',
    'Ada',
    digest,
    fingerprint,
    'ice-cream-sales',
    'v1',
  ])
  await page.getByText('data (0123456789abcdef').first().click()
  await sees(page, ['records: 17520', 'temperature_c', 'array(double)', 'units_sold'])

  const [address, view] = runUrl(mlflow, run).split('?')
  await page.goto(`${address}/artifacts?${view}`)
  await page.getByText('charts', { exact: true }).click()
  await page.getByText('learning curve.svg').first().click()
  // Really drawn, not only linked.
  await page.waitForFunction('[...document.images].some((image) => image.naturalWidth === 720 && image.width > 100)')

  await page.goto(versionUrl(mlflow, version))
  await sees(page, ['Version 1', 'staging', 'production', 'Model card', 'mergeline.gate', digest])
  await page.getByText('Inputs (9)').click()
  await page.getByText('Outputs (1)').click()
  await sees(page, ['temperature_c', 'boolean', 'Array(double)', 'units_sold'])
})

async function sees(page: Page, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await page
      .getByText(text)
      .first()
      .waitFor()
      .catch(async () => {
        assert.fail(
          `${page.url()} does not show ${JSON.stringify(text)}; it shows:\n${await page.locator('body').innerText()}`,
        )
      })
  }
}
