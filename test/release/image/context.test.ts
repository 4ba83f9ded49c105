import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { untrainedBundle } from '../../../bench/bundle.ts'
import { InputError } from '../../../pipeline/errors.ts'
import { writeContext } from '../../../pipeline/release/image/context.ts'
import { packageFiles } from '../../../pipeline/release/image/packages.ts'
import { writeTar } from '../../../pipeline/release/image/tar.ts'
import { verifyBundle } from '../../../pipeline/tracking/manifest.ts'
import { writeSampleBundle } from '../../steps/sample-bundle.ts'

const root = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline context-'))
after(() => rmSync(dir, { recursive: true }))

const hashOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
const unpack = (archive: string) => {
  const into = mkdtempSync(join(dir, 'unpacked-'))
  execFileSync('tar', ['-xf', archive, '-C', into])
  return into
}

test('an archive is unpacked to what was put in, long paths and odd sizes as well', async () => {
  const long = `${'folder-of-a-package/'.repeat(9)}${'x'.repeat(50)}.js`
  const files: { [path: string]: Buffer } = {
    'a/b.txt': Buffer.from('b'),
    'a/ä.txt': Buffer.alloc(512, 'ä'),
    'a.txt': Buffer.alloc(0),
    [long]: Buffer.alloc(1025, 'x'),
  }
  const archive = join(dir, 'a.tar')
  await writeTar(
    archive,
    Object.entries(files).map(([path, content]) => ({ path, content })),
  )
  const unpacked = unpack(archive)
  for (const [path, content] of Object.entries(files))
    assert.deepEqual(readFileSync(join(unpacked, path)), content, path)
  const listed = execFileSync('tar', ['-tvf', archive], { encoding: 'utf8', env: { TZ: 'UTC', LC_ALL: 'C' } })
  for (const line of listed.trimEnd().split('\n')) assert.match(line, /^(-rw-r--r--|drwxr-xr-x) .*1970/)
  await assert.rejects(writeTar(archive, [{ path: 'x'.repeat(101), content: Buffer.alloc(0) }]), /too long/)
})

test('the same inputs give the same bytes, whatever the times, modes and order of the files', async () => {
  const bundle = join(dir, 'bundle')
  const copy = join(dir, 'copy')
  const digest = await untrainedBundle(bundle)
  cpSync(bundle, copy, { recursive: true })
  chmodSync(join(copy, 'golden.jsonl'), 0o600)
  utimesSync(join(copy, 'weights.bin'), 0, 1e9)
  const [one, two] = [join(dir, 'one'), join(dir, 'two')]
  const context = await writeContext(one, { root, bundle })
  const again = await writeContext(two, { root, bundle: copy })
  assert.equal(context.digest, digest)
  assert.deepEqual(again, { ...context, dir: two })
  for (const file of ['Dockerfile', 'packages.tar', 'server.tar', 'bundle.tar'])
    assert.equal(hashOf(join(one, file)), hashOf(join(two, file)), file)
})

test('the base image that is asked for takes the place of the one in the Dockerfile, and nothing else changes', async () => {
  const bundle = join(dir, 'bundle-to-base')
  await untrainedBundle(bundle)
  const own = readFileSync(join(root, 'serve/Dockerfile'), 'utf8')
  const base = 'registry.example:5000/node:$&24'
  const plain = await writeContext(join(dir, 'own base'), { root, bundle })
  const other = await writeContext(join(dir, 'other base'), { root, bundle, base })
  assert.equal(readFileSync(join(dir, 'own base', 'Dockerfile'), 'utf8'), own)
  assert.deepEqual(
    readFileSync(join(dir, 'other base', 'Dockerfile'), 'utf8').split('\n'),
    own.split('\n').map((line) => (line === `FROM ${plain.base}` ? `FROM ${base}` : line)),
  )
  assert.equal(other.base, base)
  assert.notEqual(other.fingerprint, plain.fingerprint)
})

test('the server of the context runs without anything else of the repository', async () => {
  const bundle = join(dir, 'bundle-to-run')
  await untrainedBundle(bundle)
  const context = join(dir, 'to run')
  await writeContext(context, { root, bundle })
  const app = mkdtempSync(join(dir, 'app-'))
  for (const layer of ['packages', 'server', 'bundle'])
    execFileSync('tar', ['-xf', join(context, `${layer}.tar`), '-C', app])
  // It is alone with its bundle, and gets as far as the keys: all that it imports is there.
  const { stderr } = spawnServer(join(app, 'app'))
  assert.match(stderr, /MERGELINE_API_KEYS_FILE is not set/)
})

function spawnServer(cwd: string): { stderr: string } {
  try {
    execFileSync(process.execPath, ['serve/server.ts'], {
      cwd,
      env: { MERGELINE_BUNDLE: 'bundle' },
      stdio: 'pipe',
      encoding: 'utf8',
      timeout: 120_000,
    })
  } catch (error) {
    return error as { stderr: string }
  }
  throw new Error('the server started without keys')
}

test('the model that was judged before a refit goes along: a server checks the whole bundle', async () => {
  const refit = { on: 'all', until: '2024-12-31', more: 50, epochs: 2 } as const
  const { folder, digest } = await writeSampleBundle(join(dir, 'refit'), 'weights', refit)
  assert.equal((await writeContext(join(dir, 'with refit'), { root, bundle: folder })).digest, digest)
  const unpacked = unpack(join(dir, 'with refit', 'bundle.tar'))
  assert.equal((await verifyBundle(join(unpacked, 'app/bundle'))).digest, digest)
})

test('a bundle that is not what its manifest says, or is none, is refused', async () => {
  const bundle = join(dir, 'changed')
  await untrainedBundle(bundle)
  writeFileSync(join(bundle, 'weights.bin'), 'other weights')
  await assert.rejects(writeContext(join(dir, 'never'), { root, bundle }), /weights\.bin is not what the manifest says/)
  await assert.rejects(writeContext(join(dir, 'never'), { root, bundle: dir }), InputError)
})

/** A tree with one package, locked with one hash and installed with another. */
function tree(name: string, locked: object, installed: object): string {
  const at = join(dir, name)
  const folder = join(at, 'node_modules', 'p')
  mkdirSync(join(folder, 'node_modules', 'q'), { recursive: true })
  for (const file of ['index.js', 'index.d.ts', 'index.js.map', 'node_modules/q/index.js'])
    writeFileSync(join(folder, file), '')
  const write = (file: string, entry: object) =>
    writeFileSync(join(at, file), JSON.stringify({ packages: { 'node_modules/p': entry } }))
  write('package-lock.json', locked)
  write('node_modules/.package-lock.json', installed)
  return at
}
const p = { version: '1.0.0', integrity: 'sha512-one' }

test('of a package, what runs is taken; neither types and maps, nor packages that are not locked for it', async () => {
  const files = await packageFiles(tree('as locked', p, p), new Set(['p']))
  assert.deepEqual(
    files.map(({ path }) => path),
    ['node_modules/p/index.js'],
  )
})

test('a package that is not installed as it is locked is refused', async () => {
  const other = tree('other', p, { ...p, integrity: 'sha512-two' })
  await assert.rejects(packageFiles(other, new Set(['p'])), /node_modules\/p is not installed as .* \(1\.0\.0\)/)
  const at = tree('linked', p, p)
  symlinkSync('/etc/hostname', join(at, 'node_modules', 'p', 'link.js'))
  await assert.rejects(packageFiles(at, new Set(['p'])), /link\.js is neither file nor folder/)
})
