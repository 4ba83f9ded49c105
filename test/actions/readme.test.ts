import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { actionFile, actionNames } from './action.ts'

const path = join(import.meta.dirname, '../../README.md')
const between = /(?<=<!-- actions -->\n)(.*?)(?=<!-- \/actions -->)/s

/** One table for all actions, made from their action.yml. */
async function table(): Promise<string> {
  const rows: string[] = []
  for (const name of actionNames) {
    const { description, inputs = {}, outputs } = await actionFile(name)
    rows.push(`| \`actions/${name}\` | | ${cell(description)} |`)
    for (const [input, { description: is, default: standard }] of Object.entries(inputs))
      rows.push(`| | input \`${input}\` | ${cell(is)} (default: \`${standard}\`) |`)
    for (const [output, { description: is }] of Object.entries(outputs))
      rows.push(`| | output \`${output}\` | ${cell(is)} |`)
  }
  return ['', '| action | | |', '|---|---|---|', ...rows, '', ''].join('\n')
}

const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()

test('the README’s table of actions says what their action.yml say (UPDATE=1 rewrites it)', async () => {
  const readme = await readFile(path, 'utf8')
  const made = await table()
  if (process.env['UPDATE'])
    await writeFile(
      path,
      readme.replace(between, () => made),
    )
  assert.equal(between.exec(await readFile(path, 'utf8'))?.[0], made)
})
