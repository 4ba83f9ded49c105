import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { untrainedBundle } from '../../../bench/bundle.ts'
import { loadParams } from '../../../pipeline/params.ts'
import { image as buildOrPush, type ImageOptions } from '../../../pipeline/steps/image.ts'

const root = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline image step-'))
after(() => rmSync(dir, { recursive: true }))
const bundle = join(dir, 'bundle')
const digest = await untrainedBundle(bundle)
const params = loadParams(root)
const base = 'base.example/node:24'
const modelFingerprint = `sha256:${'f'.repeat(64)}`

const scratch = join(dir, 'scratch')
mkdirSync(scratch)

/** A folder of programs: git, and those given as shell scripts. */
function programs(name: string, scripts: { readonly [program: string]: string }): string {
  const bin = join(dir, name)
  mkdirSync(bin)
  symlinkSync(execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim(), join(bin, 'git'))
  for (const [program, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, program), `#!/bin/sh\necho "$@" >>'${join(dir, name)}.calls'\n${script}\n`)
    chmodSync(join(bin, program), 0o755)
  }
  return bin
}

function image(args: readonly string[], PATH: string) {
  const env = { PATH, TMPDIR: scratch, DOCKER_HOST: 'unix:///somewhere/docker.sock' }
  const { status, stdout, stderr } = spawnSync(process.execPath, ['pipeline/cli.ts', 'image', '--json', ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  return { status, stderr, json: JSON.parse(stdout) }
}

const inspected = { Id: 'sha256:0a', Size: 3e8, RootFS: { Layers: ['sha256:1', 'sha256:2'] } }
const docker = `case "$1" in
  version) echo 28.0 ;;
  build) [ "$SOURCE_DATE_EPOCH" = 0 ] && [ "$DOCKER_HOST" = unix:///somewhere/docker.sock ] ;;
  image) echo '${JSON.stringify(inspected)}' ;;
esac`

test('with Docker, what the image is made of goes as arguments, and the answer names image, size and fingerprint', () => {
  const bin = programs('docker works', { docker })
  const { status, json } = image(['--bundle', bundle, '--base', base, '--fingerprint', modelFingerprint], bin)
  assert.equal(status, 0, JSON.stringify(json))
  const { tag, fingerprint, buildArgs, ...built } = json
  assert.equal(tag, `${params.register.model}:${digest.slice(7, 19)}`)
  const { SOURCE, REVISION, ...others } = buildArgs
  assert.deepEqual(others, {
    MODEL_DIGEST: digest,
    MODEL_FINGERPRINT: modelFingerprint,
    SERVER_FINGERPRINT: fingerprint,
    TITLE: params.register.model,
    LICENSES: 'Apache-2.0',
  })
  assert.match(`${SOURCE} ${REVISION}`, /^(https?:\/\/\S+)? ([0-9a-f]{40}(-dirty)?)?$/)
  assert.deepEqual(built, { digest, base, image: 'sha256:0a', size: 3e8, layers: ['sha256:1', 'sha256:2'] })
  const calls = readFileSync(`${bin}.calls`, 'utf8')
  assert.match(
    calls,
    new RegExp(`^build --tag ${tag} --build-arg MODEL_DIGEST=${digest} .*--build-arg SERVER_FINGERPRINT=`, 'm'),
  )
})

test('what is in the image is written where it is asked for, also without a builder', () => {
  const bin = programs('sbom', {})
  const [context, sbom] = [join(dir, 'context of sbom'), join(dir, 'folder', 'sbom.json')]
  const { status, json } = image(['--bundle', bundle, '--base', base, '--context', context, '--sbom', sbom], bin)
  assert.equal(status, 0, JSON.stringify(json))
  assert.equal(json.sbom, sbom)
  const { spdxVersion, packages } = JSON.parse(readFileSync(sbom, 'utf8'))
  assert.equal(spdxVersion, 'SPDX-2.3')
  assert.ok(
    packages.some(
      ({ name, versionInfo }: { name: string; versionInfo: string }) =>
        name === 'base.example/node' && versionInfo === '24',
    ),
  )
})

test('what the builder says when it fails is shown; nothing is left', () => {
  const failing = docker.replace('build) ', 'build) echo "manifest unknown" >&2; exit 1; ')
  const { status, json } = image(['--bundle', bundle], programs('docker fails', { docker: failing }))
  assert.equal(status, 2)
  assert.match(json.error.message, /docker build failed: manifest unknown/)
  assert.deepEqual(readdirSync(scratch), [])
})

test('without a builder, the cure is named; what would be built can be written all the same', () => {
  const bin = programs('docker sleeps', { docker: 'exit 1' })
  const { status, json } = image(['--bundle', bundle], bin)
  assert.equal(status, 2)
  assert.match(json.error.message, /neither Docker answers .* nor is buildah there; .*--context/)
  const context = join(dir, 'context')
  const written = image(['--bundle', bundle, '--context', context], bin)
  assert.equal(written.status, 0)
  assert.deepEqual([written.json.dir, written.json.digest], [context, digest])
  assert.deepEqual(readdirSync(context), ['Dockerfile', 'bundle.tar', 'packages.tar', 'server.tar'])
})

test('a missing bundle and a fingerprint that is none are refused', () => {
  const bin = programs('none', {})
  assert.match(image([], bin).json.error.message, /--bundle is missing/)
  const { status, json } = image(['--bundle', bundle, '--fingerprint', 'abc'], bin)
  assert.equal(status, 2)
  assert.match(json.error.message, /--fingerprint must be sha256: and 64 hex digits, got abc/)
})

const none = {
  bundle,
  base: '',
  tag: '',
  modelFingerprint: '',
  context: '',
  sbom: '',
  push: false,
  rebuild: false,
  accounts: [],
}
const wrong: { readonly [what: string]: readonly [options: Partial<ImageOptions>, words: RegExp] } = {
  'a name that is none': [{ tag: 'a b' }, /--tag: "a b" is no name of an image/],
  'a base that is none': [{ base: '--pull' }, /--base: "--pull" is no name of an image/],
  'a digest as a tag': [{ tag: `a@sha256:${'a'.repeat(64)}` }, /--tag names a digest/],
  'a push to nowhere': [{ push: true }, /--push needs --tag <registry>\/<name>/],
  'a push without a registry': [{ push: true, tag: 'acme/sales' }, /with the registry in it/],
  'a push of a folder': [{ push: true, tag: 'a.example/b', context: 'x' }, /leave out --push, or --context/],
  'to build anew what is always built': [{ rebuild: true }, /--rebuild is for --push/],
}
for (const [what, [options, message]] of Object.entries(wrong)) {
  test(`${what} is refused before anything is done`, async () => {
    const nothing = () => assert.fail('something was done')
    const context = { root, params, tracking: null, say: nothing, progress: nothing }
    await assert.rejects(buildOrPush(context, { ...none, ...options }), { name: 'InputError', message })
  })
}
