import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { verbs } from '../pipeline/cli/verbs.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const { scripts, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

test('every npm script that the README names is there, and every verb is a script', () => {
  for (const [, name = ''] of readme.matchAll(/npm run ([\w:-]+)/g)) assert.ok(name in scripts, name)
  for (const verb of Object.keys(verbs)) assert.equal(scripts[verb], `node setup/run.mjs ${verb}`)
})

test('every file that the README names is there', () => {
  for (const [, path = ''] of readme.matchAll(/`((?:pipeline|test|serve|setup|environments)\/[\w./-]+\.\w+)`/g)) {
    assert.ok(existsSync(join(root, path)), path)
  }
})

test('the layout names every folder of the pipeline', () => {
  for (const { name } of readdirSync(join(root, 'pipeline'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    assert.match(readme, new RegExp(`^ {2}${name}/ `, 'm'), name)
  }
})

test('every package that runs has its reason', () => {
  for (const name of Object.keys(dependencies)) {
    assert.ok(readme.includes(`\`${name}\``) || name.startsWith('@tensorflow/tfjs-'), name)
  }
})
