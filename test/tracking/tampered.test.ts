import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { InputError } from '../../pipeline/errors.ts'
import { digestOf, filesOf, verifyBundle } from '../../pipeline/tracking/manifest.ts'
import { temporaryFolder } from '../serve/helper.ts'

const folder = await temporaryFolder()
after(() => folder[Symbol.asyncDispose]())
const good = join(folder.path, 'good')
const window = { from: '2020-01-01', trainUntil: '2021-01-01', until: '2022-01-01' }
type Listed = { sha256: string; bytes: number }
type Manifest = {
  format: unknown
  backend: unknown
  target: unknown
  window: unknown
  refit?: unknown
  files: { [file: string]: Listed }
}

const refit = { on: 'all', until: '2023-01-01', more: 700, epochs: 3 } as const
const files = filesOf({ refit })

await mkdir(good)
const manifest: Manifest = { format: 1, backend: 'cpu', target: 'units', window, refit, files: {} }
for (const file of files) {
  const text = `what is in ${file}`
  await writeFile(join(good, file), text)
  manifest.files[file] = { sha256: createHash('sha256').update(text).digest('hex'), bytes: text.length }
}
await writeFile(join(good, 'manifest.json'), JSON.stringify(manifest))

type Tamper = (dir: string) => Promise<unknown>
const asManifest =
  (change: (manifest: Manifest) => unknown): Tamper =>
  async (dir) => {
    const changed = structuredClone(manifest)
    const made = change(changed) ?? changed
    await writeFile(join(dir, 'manifest.json'), typeof made === 'string' ? made : JSON.stringify(made))
  }

const tampered: [string, Tamper, RegExp][] = files.flatMap((file): [string, Tamper, RegExp][] => {
  const named = file.replaceAll('.', '\\.')
  const at = (dir: string) => join(dir, file)
  const text = async (dir: string) => readFile(at(dir), 'utf8')
  const changed = new RegExp(`: ${named} is not what the manifest says`)
  const plain = new RegExp(`: ${named} is not a plain file`)
  return [
    [`a bit of ${file} is another`, async (dir) => writeFile(at(dir), (await text(dir)).replace('w', 'v')), changed],
    [`${file} is cut`, async (dir) => writeFile(at(dir), (await text(dir)).slice(0, -1)), changed],
    [`${file} is longer`, async (dir) => writeFile(at(dir), `${await text(dir)} `), changed],
    [`${file} is missing`, (dir) => rm(at(dir)), new RegExp(`: ${named} is missing`)],
    [
      `${file} is a link to the right bytes`,
      async (dir) => {
        await rm(at(dir))
        await symlink(join(good, file), at(dir))
      },
      plain,
    ],
    [
      `${file} is a folder`,
      async (dir) => {
        await rm(at(dir))
        await mkdir(at(dir))
      },
      plain,
    ],
  ]
})
tampered.push(
  ['a file is added', (dir) => writeFile(join(dir, 'postinstall.js'), ''), /"postinstall\.js" does not belong/],
  ['a hidden file is added', (dir) => writeFile(join(dir, '.env'), ''), /"\.env" does not belong/],
  ['a folder is added', (dir) => mkdir(join(dir, 'code')), /"code" does not belong/],
  [
    'two files changed places',
    async (dir) => {
      await rename(join(dir, 'model.json'), join(dir, 'x'))
      await rename(join(dir, 'profile.json'), join(dir, 'model.json'))
      await rename(join(dir, 'x'), join(dir, 'profile.json'))
    },
    /is not what the manifest says/,
  ],
  ['the manifest is missing', (dir) => rm(join(dir, 'manifest.json')), /manifest\.json is missing/],
  ['the manifest is no JSON', asManifest(() => '{"format": 1'), /manifest\.json is not JSON/],
  ['the manifest is a list', asManifest(() => '[]'), /manifest\.json/],
  ['the manifest is of another format', asManifest((one) => ({ ...one, format: 2 })), /format/],
  ['the manifest names another backend', asManifest((one) => ({ ...one, backend: 'shell' })), /backend must be one of/],
  ['the manifest has a key of its own', asManifest((one) => ({ ...one, run: 'x' })), /run is not a known key/],
  ['the manifest has no window', asManifest((one) => ({ ...one, window: undefined })), /window is missing/],
  [
    'the manifest lists no weights',
    asManifest((one) => void delete one.files['weights.bin']),
    /weights\.bin is not in the manifest/,
  ],
  [
    'the manifest lists a file outside',
    asManifest((one) => {
      one.files['../../etc/passwd'] = { sha256: '0'.repeat(64), bytes: 1 }
    }),
    /the manifest lists "\.\.\/\.\.\/etc\/passwd"/,
  ],
  [
    'the manifest has a hash that is none',
    asManifest((one) => {
      one.files['weights.bin'] = { sha256: 'x', bytes: 1 }
    }),
    /files\.weights/,
  ],
  [
    'the manifest says nothing of the refit whose judged model is there',
    asManifest((one) => void delete one.refit),
    /"judged-features\.json" does not belong/,
  ],
  [
    'the manifest lists no judged weights',
    asManifest((one) => void delete one.files['judged-weights.bin']),
    /judged-weights\.bin is not in the manifest/,
  ],
  [
    'the refit is of an unknown kind',
    asManifest((one) => ({ ...one, refit: { ...refit, on: 'some' } })),
    /refit\.on must be "all", got "some"/,
  ],
  [
    'the judged model is the served one',
    async (dir) => cp(join(dir, 'weights.bin'), join(dir, 'judged-weights.bin')),
    /judged-weights\.bin is not what the manifest says/,
  ],
  ['the folder is not there', (dir) => rm(dir, { recursive: true }), /the folder cannot be read/],
)

for (const [at, [what, tamper, reason]] of tampered.entries()) {
  test(`refused, with its reason: ${what}`, async () => {
    const dir = join(folder.path, `copy-${at}`)
    await cp(good, dir, { recursive: true })
    await tamper(dir)
    await assert.rejects(verifyBundle(dir), (error: Error) => error instanceof InputError && reason.test(error.message))
  })
}

test('what nobody touched is taken, by the digest of its manifest', async () => {
  assert.equal((await verifyBundle(good)).digest, digestOf(await readFile(join(good, 'manifest.json'))))
  assert.ok(tampered.length >= 30)
})
