import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { exitCodeOf, messageOf } from '../../pipeline/cli/failure.ts'
import { verbs } from '../../pipeline/cli/verbs.ts'
import { InputError, RefusedError } from '../../pipeline/errors.ts'

const root = join(import.meta.dirname, '../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-cli-'))
after(() => rmSync(dir, { recursive: true }))

function cli(args: readonly string[], tree = root, cwd = tree) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(tree, 'pipeline/cli.ts'), ...args], {
    cwd,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('--help lists every verb, and every verb has a page of its own', () => {
  const { status, stdout } = cli(['--help'])
  assert.equal(status, 0)
  for (const verb of Object.keys(verbs)) {
    assert.match(stdout, new RegExp(`^ {2}${verb} `, 'm'))
    const page = cli([verb, '--help'])
    assert.equal(page.status, 0)
    assert.match(page.stdout, new RegExp(`^${verb}: `))
    assert.match(page.stdout, /--json/)
  }
})

test('no verb, an unknown verb and an unknown option are wrong use: exit code 2 and what to do', () => {
  assert.equal(cli([]).status, 2)
  for (const [args, message] of [
    [['trian'], /trian is not a verb; known: validate-data, explore, train/],
    [['train', '--epochs', '3'], /train: Unknown option '--epochs'.*npm run train -- --help/],
    [['lift', '--why', 'x'], /lift: --digest is missing/],
    ...(['promote', 'rollback', 'withdraw'] as const).map(
      (verb) => [[verb], new RegExp(`${verb}: --why is missing`)] as const,
    ),
    [['predict', '--bundle', 'b', '--input', 'x.csv'], /predict: --output is missing/],
    [['deploy', '--resume', '--commit', 'HEAD'], /deploy: --resume carries on what is open, .*leave out --commit/],
  ] as const) {
    const { status, stdout, stderr } = cli(args)
    assert.equal(status, 2)
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
    assert.equal(stdout, '')
  }
})

test('wrong params.yaml: one clear error, exit code 2, nothing written', () => {
  cpSync(join(root, 'pipeline'), join(dir, 'pipeline'), { recursive: true })
  cpSync(join(root, 'package.json'), join(dir, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  writeFileSync(join(dir, 'params.yaml'), 'train: {}\n')
  const before = readdirSync(dir)
  const { status, stderr } = cli(['train'], dir, join(dir, 'pipeline'))
  assert.equal(status, 2)
  assert.match(stderr, /^params\.yaml:/, 'the tree is found from whichever folder it is called in')
  assert.deepEqual(readdirSync(dir), before)
})

test('options without -- before them, as npm swallows them, are explained', () => {
  const { status, stderr } = cli(['deploy', 'production'])
  assert.equal(status, 2)
  assert.match(stderr, /with npm, put -- before options/)
})

test('with --json an error is one line of JSON on stdout as well', () => {
  const { status, stdout, stderr } = cli(['lift', '--why', 'x', '--json'])
  assert.equal(status, 2)
  assert.deepEqual(JSON.parse(stdout), { error: { code: 2, message: stderr.trim() } })
})

test('no colour where there is no terminal', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is looked for
  assert.doesNotMatch(cli(['trian']).stderr, /\u001b/)
})

test('exit codes and messages', () => {
  assert.equal(exitCodeOf(new RefusedError('no')), 1)
  assert.equal(exitCodeOf(new InputError('wrong')), 2)
  assert.equal(exitCodeOf(new TypeError('defect')), 2)
  assert.equal(messageOf(new InputError('wrong')), 'wrong')
  assert.match(messageOf(new TypeError('defect')), /defect\n\s+at /, 'a defect shows where it came from')
  const full = Object.assign(new Error('write'), { code: 'ENOSPC', path: '/x/y' })
  assert.match(messageOf(new Error('outer', { cause: full })), /^\/x\/y: the disk is full; free some space/)
})
