import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SERVER_ENTRY } from '../../../pipeline/release/image/fingerprint.ts'
import { packageFiles } from '../../../pipeline/release/image/packages.ts'
import { composeSbom } from '../../../pipeline/release/image/sbom.ts'
import { importClosure } from '../../../pipeline/tracking/closure.ts'

const root = join(import.meta.dirname, '../../..')
const dir = mkdtempSync(join(tmpdir(), 'mergeline-sbom-'))
after(() => rmSync(dir, { recursive: true }))
const hex = (letter: string) => letter.repeat(64)
const inputs = {
  root,
  model: { name: 'ice-cream-sales', digest: `sha256:${hex('a')}` },
  fingerprint: `sha256:${hex('b')}`,
  base: `node:24.21.0-trixie-slim@sha256:${hex('c')}`,
  reference: `ghcr.io/acme/sales@sha256:${hex('d')}`,
}
const sbom = await composeSbom(inputs)
type Package = (typeof sbom.packages)[number] & {
  readonly checksums?: readonly { readonly algorithm: string; readonly checksumValue: string }[]
  readonly externalRefs?: readonly { readonly referenceLocator: string }[]
  readonly licenseComments?: string
}
const packages: readonly Package[] = sbom.packages
const isNpm = ({ SPDXID }: Package) => SPDXID.startsWith('SPDXRef-npm-')
const purlOf = (one: Package | undefined) => one?.externalRefs?.[0]?.referenceLocator

test('its npm packages are those whose files are in the image, as the lock pins them, no more and no less', async () => {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const { packages: names } = await importClosure(root, SERVER_ENTRY)
  const inImage = new Set(
    (await packageFiles(root, names)).map(
      ({ path }) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] as string,
    ),
  )
  const expected = [...inImage].map((path) => {
    const { version, integrity, license } = lock[path]
    const name = path.slice(path.lastIndexOf('node_modules/') + 13)
    return `${name} ${version} ${license} ${Buffer.from(integrity.slice(7), 'base64').toString('hex')}`
  })
  const told = packages
    .filter(isNpm)
    .map((one) => `${one.name} ${one.versionInfo} ${one.licenseDeclared} ${one.checksums?.[0]?.checksumValue}`)
  assert.ok(told.length > 20)
  // A package of types alone has no file in there, and is named all the same: it is installed for one that has.
  const typesOnly = told.filter((line) => !expected.includes(line))
  assert.ok(
    typesOnly.every((line) => /^@types\/|^@webgpu\/types /.test(line)),
    typesOnly.join('\n'),
  )
  assert.deepEqual(
    expected.filter((line) => !told.includes(line)),
    [],
  )
})

test('image, base and model are named by their digests', () => {
  const find = (id: string) => packages.find(({ SPDXID }) => SPDXID === `SPDXRef-${id}`)
  assert.equal(purlOf(find('Image')), `pkg:oci/sales@sha256%3A${hex('d')}?repository_url=ghcr.io/acme/sales`)
  assert.equal(purlOf(find('Base')), `pkg:oci/node@sha256%3A${hex('c')}?repository_url=docker.io/library/node`)
  assert.equal(find('Base')?.versionInfo, '24.21.0-trixie-slim')
  assert.deepEqual(find('Model')?.checksums, [{ algorithm: 'SHA256', checksumValue: hex('a') }])
  assert.equal(find('Server')?.versionInfo, inputs.fingerprint)
  assert.equal(purlOf(packages.find(({ name }) => name === '@fastify/error')), 'pkg:npm/%40fastify/error@4.2.1')
})

test('every package but the base is said to be in the image, and every name is used once', () => {
  const ids = packages.map(({ SPDXID }) => SPDXID)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^SPDXRef-[A-Za-z0-9.-]+$/)
  const contained = sbom.relationships.flatMap(({ spdxElementId, relationshipType, relatedSpdxElement }) =>
    spdxElementId === 'SPDXRef-Image' && relationshipType === 'CONTAINS' ? [relatedSpdxElement] : [],
  )
  assert.deepEqual(
    contained,
    ids.filter((id) => !['SPDXRef-Image', 'SPDXRef-Base'].includes(id)),
  )
})

test('the same image has the same document; another has another name', async () => {
  assert.deepEqual(await composeSbom(inputs), sbom)
  const other = await composeSbom({ ...inputs, model: { ...inputs.model, digest: `sha256:${hex('e')}` } })
  assert.notEqual(other.documentNamespace, sbom.documentNamespace)
})

test('without a registry and a pinned base, what is not known is not told', async () => {
  const { packages } = await composeSbom({ ...inputs, base: 'localhost:5000/node', reference: undefined })
  const [image, base] = packages as readonly Package[]
  assert.deepEqual([image?.checksums, base?.checksums, purlOf(base)], [undefined, undefined, undefined])
  assert.deepEqual([base?.name, base?.versionInfo], ['localhost:5000/node', 'latest'])
})

test('odd packages: aliases, odd licenses, addresses and hashes, and the same package twice', async () => {
  const tree = join(dir, 'tree')
  mkdirSync(join(tree, 'serve'), { recursive: true })
  mkdirSync(join(tree, 'node_modules'))
  cpSync(join(root, 'package.json'), join(tree, 'package.json'))
  writeFileSync(join(tree, SERVER_ENTRY), "import 'a'\n")
  const locked = {
    'node_modules/a': {
      version: '1.0.0+x',
      integrity: 'sha256-AAAA sha384-AAAA',
      license: 'SEE LICENSE IN "x"\u0000',
      resolved: 'https://me:secret@registry.example/a.tgz',
      dependencies: { b: '1', c: '1' },
    },
    'node_modules/a/node_modules/b': { name: '@real/b', version: '1.0.0', integrity: 'md5-x sha1-AAAA sha512-!!' },
    'node_modules/b': { version: '1.0.0', integrity: 'sha3-AAAA' },
    'node_modules/c': {
      version: '1.0.0',
      integrity: 'sha512-AAAA',
      license: { type: 'MIT' },
      resolved: 'https://registry.example/c.tgz',
      dependencies: { b: '1' },
    },
  }
  for (const file of ['package-lock.json', 'node_modules/.package-lock.json'])
    writeFileSync(join(tree, file), JSON.stringify({ packages: locked }))
  const { packages } = await composeSbom({ ...inputs, root: tree })
  const [a, nested, b, c] = (packages as readonly Package[]).filter(isNpm)
  assert.deepEqual(
    [a?.licenseDeclared, a?.downloadLocation, purlOf(a)],
    ['NOASSERTION', 'NOASSERTION', 'pkg:npm/a@1.0.0%2Bx'],
  )
  assert.equal(a?.licenseComments, 'declared as "SEE LICENSE IN \\"x\\"\\u0000"')
  assert.deepEqual([nested?.name, nested?.checksums], ['@real/b', [{ algorithm: 'SHA1', checksumValue: '000000' }]])
  assert.deepEqual([b?.name, b?.checksums], ['b', undefined])
  assert.deepEqual(
    [c?.downloadLocation, c?.licenseComments],
    ['https://registry.example/c.tgz', 'declared as {"type":"MIT"}'],
  )
})
