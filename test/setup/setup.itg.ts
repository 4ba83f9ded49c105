import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { execa } from 'execa'

const root = join(import.meta.dirname, '../..')
const dir = await mkdtemp(join(tmpdir(), 'mergeline set-up-'))
after(() => rm(dir, { recursive: true, force: true }))
for (const part of ['setup', 'package.json', 'package-lock.json', '.npmrc']) {
  const skipped = ['node/node_modules', 'native/node_modules', 'native/lib', 'native/wheel'].map((name) =>
    join(root, 'setup', name),
  )
  await cp(join(root, part), join(dir, part), { recursive: true, filter: (path) => !skipped.includes(path) })
}

const setUp = (env: { readonly [name: string]: string } = {}) =>
  execa(process.execPath, ['setup/run.mjs', 'setup'], { cwd: dir, env, reject: false, stdin: 'ignore' })

test('interrupted while it installs packages, set-up begins them again; done, it is skipped; a changed lock is installed', async () => {
  const interrupted = setUp()
  interrupted.stderr?.on('data', (text) => {
    if (String(text).includes('npm packages …')) setTimeout(() => interrupted.kill('SIGKILL'), 1500)
  })
  await interrupted

  const whole = await setUp()
  assert.equal(whole.exitCode, 0, whole.stderr)
  assert.match(whole.stderr, /npm packages installed in/)
  assert.match(whole.stderr, /DVC and MLflow installed in/)
  for (const program of ['dvc', 'mlflow']) {
    const { stdout } = await execa(join(dir, '.venv', 'bin', program), ['--version'])
    assert.match(stdout, /\d+\.\d+\.\d+/)
  }

  const again = await setUp()
  assert.deepEqual([again.exitCode, again.stderr], [0, ''])

  // One package of it is installed soonest.
  const { packages } = JSON.parse(await readFile(join(dir, 'package-lock.json'), 'utf8'))
  const one = packages['node_modules/es-module-lexer']
  const own = { name: 'mergeline', version: '0.1.0', dependencies: { 'es-module-lexer': one.version } }
  const lock = { lockfileVersion: 3, packages: { '': own, 'node_modules/es-module-lexer': one } }
  await writeFile(join(dir, 'package.json'), JSON.stringify(own))
  await writeFile(join(dir, 'package-lock.json'), JSON.stringify({ ...own, ...lock }))
  const changed = await setUp()
  assert.match(changed.stderr, /npm packages installed in/)
  assert.doesNotMatch(changed.stderr, /DVC and MLflow/)
})

test('where params.yaml trains by kernels that are made here, set-up makes them by itself', async () => {
  for (const [backend, makes] of [
    ['wasm', false],
    ['native', true],
  ] as const) {
    await writeFile(join(dir, 'params.yaml'), `train:\n  backend: ${backend} # as it is\n`)
    // Somebody is at it already, so that this one waits and says so: 250 MB are not needed to see that it would.
    await writeFile(join(dir, '.mergeline/setup/native.lock'), String(process.pid))
    const running = setUp()
    running.stderr?.on('data', (text) => String(text).includes('waiting for another') && running.kill('SIGKILL'))
    const { signal, exitCode } = await running
    assert.deepEqual([signal === 'SIGKILL', exitCode === 0], [makes, !makes])
  }
  for (const left of ['params.yaml', '.mergeline/setup/native.lock']) await rm(join(dir, left))
})

test('a tool that fails is shown in its own words, with exit code 2, and nothing is taken for installed', async () => {
  await rm(join(dir, '.mergeline/setup/packages.stamp'))
  await writeFile(
    join(dir, 'package.json'),
    '{ "name": "broken", "dependencies": { "no-such-package-of-ours": "1.0.0" } }',
  )
  const failed = await setUp()
  assert.equal(failed.exitCode, 2)
  assert.match(failed.stderr, /set-up: `.* ci --ignore-scripts` ended with 1/)
  assert.match(failed.stderr, /the same command tries again/)
  assert.equal((await setUp()).exitCode, 2)
})
