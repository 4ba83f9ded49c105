import assert from 'node:assert/strict'
import { commandsIn } from '../../actions/action.ts'
import { assertText, invisible } from './try.ts'

const ours = /^::(?:group|endgroup|(?:warning|error)(?: title=[\w-]+,file=[\w./-]+,line=\d+)?)::/

/** Nothing of it was obeyed by the runner, and all of it is text. */
export function isText(log: string, summary: string): void {
  for (const command of commandsIn(log)) assert.match(command, ours)
  assert.doesNotMatch(log, invisible)
  assertText(summary)
}
