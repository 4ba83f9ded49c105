import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { request } from 'undici'
import { makeProject } from './project.ts'

// One project for all: each test leaves it as it found it, and the later ones build on what the earlier ones trained.
const project = await makeProject()
after(() => project[Symbol.asyncDispose]())
const { root, run, done, git } = project

async function glob(dir: string, name: string): Promise<string[]> {
  const found = await readdir(dir, { recursive: true }).catch(() => [])
  return found.filter((path) => basename(path) === name)
}

/** Ends with 2, one message that says all, no stack, nothing on stdout. */
async function refuses(args: readonly string[], message: RegExp, env = {}): Promise<void> {
  const { exitCode, stdout, stderr } = await run(args, env)
  assert.equal(exitCode, 2, stderr)
  assert.match(stderr, message)
  assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
  assert.equal(stdout, '')
}

test('data/ is missing: fetched by DVC; and when the remote has nothing either, one error with the cure', async () => {
  const report = await done<{ pass: boolean; findings: { severity: string }[] }>('validate-data')
  assert.equal(report.pass, true)
  assert.ok(report.findings.length > 0 && report.findings.every(({ severity }) => severity === 'warning'))
  await rm(join(root, 'data'), { recursive: true })
  await rename(join(root, '.dvc/cache'), join(root, '.dvc/cache.away'))
  await rename(join(root, '.dvc/remote'), join(root, '.dvc/remote.away'))
  try {
    await refuses(['validate-data'], /fetching data\/ .* failed: dvc pull/)
    assert.ok(!existsSync(join(root, 'data/sales.csv')))
  } finally {
    await rename(join(root, '.dvc/remote.away'), join(root, '.dvc/remote'))
    await rename(join(root, '.dvc/cache.away'), join(root, '.dvc/cache'))
  }
  await done('validate-data')
})

test('MLflow cannot be reached: one error that names it and the way out', async () => {
  await refuses(['train'], /MLflow at http:\/\/127\.0\.0\.1:9.*MLFLOW_TRACKING_URI/s, {
    MLFLOW_TRACKING_URI: 'http://127.0.0.1:9',
  })
})

test('steps out of order say what to run first', async () => {
  await refuses(['evaluate-gate'], /run `npm run train` first/)
  await refuses(['register'], /run `npm run train` first/)
  await refuses(['deploy'], /run `npm run train` first/)
  await refuses(['deploy', '--environment', 'production'], /staging promoted no release of commit/)
})

test('train killed while it validates, trains and logs, and run again: nothing is trained twice, and one run is finished', async () => {
  const trainings = join(root, '.mergeline/trainings')
  const trained = async () => (await glob(trainings, 'training.json')).length > 0
  const killedWhen = async (now: (said: string) => Promise<boolean>) => {
    const child = run(['train'])
    let said = ''
    child.stderr?.on('data', (text) => {
      said += String(text)
    })
    for (let ended = false; !ended && !(await now(said)); ) {
      ended = await Promise.race([child.then(() => true), sleep(5).then(() => false)])
    }
    child.kill('SIGKILL')
    const { exitCode, stderr } = await child
    assert.notEqual(exitCode, 0, `it ended before it could be killed:\n${stderr}`)
  }
  await killedWhen(async () => (await sleep(400)) ?? true)
  await killedWhen(async (said) => said.includes('epoch 1/'))
  assert.equal(await trained(), false)
  await killedWhen(trained)
  const first = await done<{ digest: string; epochs: number; run: string }>('train')
  assert.equal(first.epochs, 0, 'the training was finished before it was killed, and only had to be logged')
  const again = await done<{ digest: string; epochs: number; reused: boolean; run: string }>('train')
  assert.deepEqual([again.digest, again.epochs, again.reused, again.run], [first.digest, 0, true, first.run])
})

test('refused data are not trained on, and have a report', async () => {
  await project.with(
    'data/sales.csv',
    (text) => text.replace(/^(\d{4}-\d{2}-\d{2},\w+,\w+),\d+/m, '$1,-5'),
    async () => {
      await execa(join(root, '.venv/bin/dvc'), ['add', 'data', '--quiet'], { cwd: root })
      try {
        const { exitCode, stderr } = await run(['train'])
        assert.equal(exitCode, 1, stderr)
        assert.match(stderr, /the data are refused.*data\/sales\.csv: units_sold/s)
        assert.match(await readFile(join(root, '.mergeline/report.md'), 'utf8'), /^## ❌/)
      } finally {
        await git('checkout', '--quiet', 'data.dvc')
      }
    },
  )
})

test('a digest in MLflow that is a path is refused, and nothing outside is touched', async () => {
  const { run: id } = await done<{ run: string }>('train')
  const { port } = JSON.parse(await readFile(join(root, '.mergeline/mlflow/server.json'), 'utf8'))
  const tag = (value: string) =>
    request(`http://127.0.0.1:${port}/api/2.0/mlflow/runs/set-tag`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ run_id: id, key: 'mergeline.digest', value }),
    }).then(({ body }) => body.dump())
  const { digest } = await done<{ digest: string }>('train')
  await mkdir(join(root, 'victim'))
  await tag('../../victim')
  try {
    await refuses(['train'], /was logged with another digest than its tag says now/)
    assert.ok(existsSync(join(root, 'victim')))
  } finally {
    await tag(digest)
    await rm(join(root, 'victim'), { recursive: true })
  }
})

test('what a pull request plants in the folders of our steps is refused, not believed', async () => {
  await mkdir(join(root, '.mergeline/gates'), { recursive: true })
  await writeFile(join(root, '.mergeline/gates/planted.json'), '{}')
  await git('add', '--force', '.mergeline/gates/planted.json')
  try {
    await refuses(['train'], /\.mergeline\/gates\/planted\.json: tracked by Git.*git rm -r --cached \.mergeline/s)
  } finally {
    await git('rm', '--quiet', '--cached', '.mergeline/gates/planted.json')
  }
})

test('the disk is full: one error, nothing half-written, and the same command goes on when there is room', async (t) => {
  const results = join(root, '.mergeline', 'gates')
  await rm(results, { recursive: true, force: true })
  await mkdir(results, { recursive: true })
  const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', results], { reject: false })
  if (mounted.failed) {
    assert.ok(!process.env['CI'], `a small file system is needed here: ${mounted.stderr}`)
    return t.skip('a small file system can only be mounted by root')
  }
  try {
    await refuses(['evaluate-gate'], /the disk is full; free some space and run the same command again/)
    assert.deepEqual(await readdir(results), [])
  } finally {
    await execa('umount', [results])
  }
  const { gate } = await done<{ gate: { result: string } }>('evaluate-gate')
  assert.equal(gate.result, 'pass')
})

test('two that train the same at once train it once', async () => {
  await project.with(
    'params.yaml',
    (text) => text.replace('seed: 1', 'seed: 5'),
    async () => {
      type Trained = { epochs: number; run: string }
      const [a, b] = await Promise.all([done<Trained>('train'), done<Trained>('train')])
      assert.deepEqual([a.epochs, b.epochs].sort(), [0, 3])
      assert.equal(a.run, b.run)
    },
  )
})

test('a commit that origin does not have is not deployed', async () => {
  await git('commit', '--quiet', '--allow-empty', '-m', 'not pushed')
  try {
    await refuses(['deploy'], /no branch of origin has commit .* run `git push origin HEAD` first/)
  } finally {
    await git('reset', '--quiet', '--hard', 'HEAD~1')
  }
})

test('registered twice, there is one version', async () => {
  const first = await done<{ version: number; created: boolean }>('register')
  const second = await done<{ version: number; created: boolean }>('register')
  assert.deepEqual([first.created, second.created, second.version], [true, false, first.version])
})

test('without a Git identity nothing is deployed, and the error says how to set one', async () => {
  await git('config', '--unset', 'user.name')
  await git('config', '--unset', 'user.email')
  try {
    await refuses(['deploy'], /git config .*user\.(name|email)/)
    assert.equal(await git('ls-remote', 'origin', 'releases'), '')
  } finally {
    await git('config', 'user.name', 'Test')
    await git('config', 'user.email', 'test@mergeline.invalid')
  }
})

test('a port in use: the error names port, file and path, and nothing is recorded', async () => {
  const server = createServer().listen(project.ports.staging, '127.0.0.1')
  try {
    await refuses(
      ['deploy'],
      new RegExp(`${project.ports.staging}.*environments/staging/environment\\.yaml.*host\\.port`, 's'),
    )
    assert.equal(await git('ls-remote', 'origin', 'releases'), '')
  } finally {
    server.close()
  }
})

test('files that are not committed are not deployed', async () => {
  await project.with(
    'params.yaml',
    (text) => `${text}\n`,
    () => refuses(['deploy'], /not committed:\n.*params\.yaml/s),
  )
})

test('wrong environment.yaml and params.yaml: file, path and what is allowed', async () => {
  await project.with(
    'environments/staging/environment.yaml',
    (text) => text.replace('port:', 'prot:'),
    () => refuses(['status'], /environments\/staging\/environment\.yaml.*host\.prot is not a known key/s),
  )
  await project.with(
    'params.yaml',
    (text) => text.replace('seed: 1', 'seed: -1'),
    () => refuses(['train'], /^params\.yaml: train\.seed must be >= 0, got -1$/m),
  )
})

test('deployed to staging and to production; a release.yaml that somebody broke is refused by file and path', async () => {
  await done('deploy', '--environment', 'staging')
  const { outcome } = await done<{ outcome: string }>('deploy', '--environment', 'production')
  assert.equal(outcome, 'promoted')
  const replayed = await done<{ requests: number; failed: number }>('replay', '--requests', '50')
  assert.ok(replayed.requests >= 50)
  assert.equal(replayed.failed, 0)
  await git('fetch', '--quiet', 'origin')
  await git('switch', '--quiet', '-c', 'broken', 'origin/releases')
  await project.with(
    'environments/production/release.yaml',
    (text) => `${text}colour: red\n`,
    async () => {
      await git('commit', '--quiet', '-am', 'by hand')
      await git('push', '--quiet', 'origin', 'HEAD:releases')
    },
  )
  await git('restore', '.')
  await git('switch', '--quiet', 'main')
  await refuses(
    ['deploy', '--environment', 'production'],
    /environments\/production\/release\.yaml.*colour is not a known key/s,
  )
  await refuses(['status'], /colour is not a known key/)
})

test('stop ends everything, and nothing of the project runs on', async () => {
  await run(['stop'])
  const { stdout } = await execa('ps', ['-eo', 'args'])
  assert.ok(
    !stdout.includes(root),
    stdout
      .split('\n')
      .filter((line) => line.includes(root))
      .join('\n'),
  )
})
