import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { withoutCode } from '../../report/cells.ts'
import { canary } from './words.ts'

rmSync(canary, { force: true })

/** Nobody has run a hostile word as a program. */
export const assertNothingRan = (): void => assert.ok(!existsSync(canary), `${canary}: something was executed`)

/** What no text of ours holds: characters that repaint a screen or turn text around. Line ends and tabs are for the place to judge. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
export const invisible = /[\0-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

/** Tries each of them at a place, and says how many; what goes wrong names the word. */
export async function tryAll(
  t: TestContext,
  tried: readonly string[],
  check: (word: string) => unknown,
): Promise<void> {
  for (const word of tried) {
    try {
      await check(word)
    } catch (error) {
      assert.fail(`${JSON.stringify(word.slice(0, 100))}: ${(error as Error).stack}`)
    }
  }
  assertNothingRan()
  t.diagnostic(`${tried.length} hostile words`)
}

/** Holds for Markdown of ours with strangers' words in it: outside of code there is no mention, link, image or tag but our own, whose addresses begin with `own`. */
export function assertText(markdown: string, own = ''): void {
  assert.doesNotMatch(markdown, invisible)
  const ours =
    own === '' ? markdown : markdown.replace(/\]\(([^\s)]*)\)/g, (link, to: string) => (to.startsWith(own) ? '' : link))
  const outside = withoutCode(ours.replace(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, ''))
  const tags = '\\/?(?:details|summary)>|!-- \\/?mergeline:(?:release|report [\\w+/=]+) -->'
  assert.doesNotMatch(outside, new RegExp(`@|\\]\\(|https?:\\/\\/|<(?!${tags})`))
}
