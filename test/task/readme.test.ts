import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { validate } from '../../pipeline/schema.ts'
import { recordSchema } from '../../pipeline/task/record.ts'

test('the record that the README asks with is one', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, body = ''] = /-d '(\{[^']+\})'/.exec(readme) ?? []
  validate(recordSchema, JSON.parse(body), 'README.md')
})
