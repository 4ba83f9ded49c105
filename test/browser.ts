// The real browser in which tests look at pages.
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Why a test that needs a browser is skipped, and what to do; empty where there is one. In CI its absence is a failure. */
export const noBrowser =
  existsSync(browserPath) || process.env['CI'] === 'true'
    ? ''
    : `no browser at ${browserPath}: install Chromium or set CHROMIUM_PATH`

/** A browser that asks nobody for anything by itself. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, args: [...flags, ...quiet] })
}

/** What goes wrong on a page from now on: its errors, what it does against its own policy, and every request to somebody other than the server at `url`. */
export function wrongs(page: Page, url: string): readonly string[] {
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('console', (message) => {
    // It tells of each answer that is no 2xx as well.
    if (message.type() === 'error' && !message.text().includes('status of 4')) wrong.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) wrong.push(request.url())
  })
  return wrong
}
