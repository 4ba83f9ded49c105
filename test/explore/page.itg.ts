import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { explore } from '../../pipeline/explore/explore.ts'
import { pageOf } from '../../pipeline/explore/page.ts'
import { standsOut } from '../../pipeline/explore/stands-out.ts'
import { launchBrowser, noBrowser, wrongs } from '../browser.ts'
import { folderWith } from '../data/folder.ts'
import { hostile, subjectWith, visitsCsv } from './subject.ts'

const shots = process.env['MERGELINE_SCREENSHOTS']

test('the page opens from a file: it asks nobody, draws every chart, answers the pointer, and hostile values stay texts', async (t) => {
  if (noBrowser) return t.skip(noBrowser)
  using folder = folderWith({ 'data/visits.csv': visitsCsv() })
  const found = await explore(folder.root, subjectWith())
  const file = join(folder.root, 'explore.html')
  writeFileSync(file, await pageOf('visits', found, standsOut(found)))
  const address = pathToFileURL(file).href
  const browser = await launchBrowser()
  try {
    for (const { width, colorScheme } of [
      { width: 390, colorScheme: 'dark' },
      { width: 1200, colorScheme: 'light' },
    ] as const) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
      const wrong = wrongs(page, address)
      await page.goto(address)
      const drawings = page.locator('.drawing')
      const all = await drawings.count()
      assert.ok(all > 25, `${all} charts`)
      for (const drawing of await drawings.all()) {
        await drawing.scrollIntoViewIfNeeded()
        await drawing.and(page.locator('[data-drawn]')).locator('svg').waitFor()
      }
      assert.equal(await page.locator('img').count(), 0)
      // A chart is no wider than the page, and each has a name and a table.
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
      assert.equal(await page.locator('[role=img][aria-label] > .drawing').count(), all)
      assert.equal(await page.locator('figure table caption').count(), all)
      await page.locator('#t0-f1-values').scrollIntoViewIfNeeded()
      const bars = page.locator('#t0-f1-values .mark-rect path')
      const tips = new Set<string | null>()
      for (const bar of await bars.all()) {
        await bar.hover()
        tips.add(await page.locator('#tip div').first().textContent())
      }
      assert.deepEqual([...tips].toSorted(), [`ward${hostile}`, 'wardnorth'].toSorted())
      // A brush over the left half of the histogram fades the bars of the right half.
      const histogram = page.locator('#t0-f2-distribution')
      await histogram.scrollIntoViewIfNeeded()
      const box = await histogram.boundingBox()
      assert.ok(box)
      const faded = () => histogram.locator('.mark-rect path[opacity="0.35"]').count()
      assert.equal(await faded(), 0)
      await page.mouse.move(box.x + box.width * 0.3, box.y + 60)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * 0.5, box.y + 70, { steps: 4 })
      await page.mouse.up()
      await histogram.locator('.mark-rect path[opacity="0.35"]').first().waitFor({ state: 'attached' })
      if (shots) {
        mkdirSync(shots, { recursive: true })
        await page.screenshot({ path: join(shots, `explore-${width}-${colorScheme}.png`), fullPage: true })
      }
      assert.deepEqual(wrong, [])
      await page.close()
    }
  } finally {
    await browser.close()
  }
})
