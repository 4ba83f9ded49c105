import assert from 'node:assert/strict'
import { mkdir, mkdtempDisposable, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { downloadFolder, uploadFolder } from '../../pipeline/tracking/artifacts.ts'
import { mockMlflow } from './mock.ts'

const api = '/api/2.0/mlflow'
const store = '/api/2.0/mlflow-artifacts/artifacts/7/r1/artifacts'

type Entry = { path: string; is_dir?: boolean; file_size?: number }

function serverWith(folders: { [folder: string]: Entry[] }, artifact_uri = 'mlflow-artifacts:/7/r1/artifacts') {
  const mock = mockMlflow()
  const run = { info: { run_id: 'r1', experiment_id: '7', status: 'FINISHED', artifact_uri } }
  mock.server.intercept({ path: `${api}/runs/get?run_id=r1` }).reply(200, { run })
  for (const [folder, files] of Object.entries(folders)) {
    mock.server
      .intercept({ path: `${api}/artifacts/list`, query: { run_id: 'r1', path: folder } })
      .reply(200, { files })
  }
  return mock
}

const temp = () => mkdtempDisposable(join(tmpdir(), 'mergeline-artifacts-'))

test('a folder is uploaded file by file, with names that need escaping', async () => {
  await using dir = await temp()
  await mkdir(join(dir.path, 'deep'))
  await writeFile(join(dir.path, 'learning curve.svg'), '<svg/>')
  await writeFile(join(dir.path, 'deep', 'a.bin'), 'abc')
  const { mlflow, server, agent } = serverWith({})
  const reply = [200, {}] as const
  server.intercept({ path: `${store}/charts/learning%20curve.svg`, method: 'PUT' }).reply(503, 'busy')
  server.intercept({ path: `${store}/charts/learning%20curve.svg`, method: 'PUT' }).reply(...reply)
  server.intercept({ path: `${store}/charts/deep/a.bin`, method: 'PUT' }).reply(...reply)
  await uploadFolder(mlflow, 'r1', dir.path, 'charts')
  agent.assertNoPendingInterceptors()
})

test('a link is not followed into whatever it points at', async () => {
  await using dir = await temp()
  await symlink('/etc/hostname', join(dir.path, 'weights.bin'))
  const { mlflow } = serverWith({})
  await assert.rejects(uploadFolder(mlflow, 'r1', dir.path, 'bundle'), /weights\.bin is not a plain file/)
})

test('a folder is downloaded whole and replaces an older one', async () => {
  await using dir = await temp()
  const to = join(dir.path, 'bundle')
  await mkdir(to)
  await writeFile(join(to, 'old'), '')
  const { mlflow, server } = serverWith({
    bundle: [
      { path: 'bundle/deep', is_dir: true },
      { path: 'bundle/a', file_size: 3 },
    ],
    'bundle/deep': [{ path: 'bundle/deep/b', file_size: 2 }],
  })
  server.intercept({ path: `${store}/bundle/a` }).reply(200, 'abc')
  server.intercept({ path: `${store}/bundle/deep/b` }).reply(200, 'de')
  await downloadFolder(mlflow, 'r1', 'bundle', to)
  assert.deepEqual((await readdir(to, { recursive: true })).toSorted(), ['a', 'deep', join('deep', 'b')])
  assert.equal(await readFile(join(to, 'deep', 'b'), 'utf8'), 'de')
})

const hostile = [
  'bundle/../../evil',
  'bundle/..',
  'bundle/',
  '/etc/passwd',
  'other/a',
  'bundle/a\\..\\b',
  'bundle/C:evil',
  'bundle/a\u001b[2J',
  'bundle/a\nb',
]
for (const path of hostile) {
  test(`the name ${JSON.stringify(path)} is refused and nothing is written`, async () => {
    await using dir = await temp()
    const { mlflow } = serverWith({
      bundle: [
        { path: 'bundle/ok', file_size: 1 },
        { path, file_size: 1 },
      ],
    })
    await assert.rejects(
      downloadFolder(mlflow, 'r1', 'bundle', join(dir.path, 'bundle')),
      /no plain path below its folder/,
    )
    assert.deepEqual(await readdir(dir.path), [])
  })
}

test('too much is refused before it is downloaded, and while it is when the listing lied', async () => {
  await using dir = await temp()
  const to = join(dir.path, 'bundle')
  const announced = serverWith({ bundle: [{ path: 'bundle/a', file_size: 11 }] })
  await assert.rejects(downloadFolder(announced.mlflow, 'r1', 'bundle', to, 10), /more than 10 bytes/)
  const lied = serverWith({ bundle: [{ path: 'bundle/a', file_size: 1 }] })
  lied.server.intercept({ path: `${store}/bundle/a` }).reply(200, 'x'.repeat(11))
  await assert.rejects(downloadFolder(lied.mlflow, 'r1', 'bundle', to, 10), /more than 10 bytes/)
  assert.deepEqual(await readdir(dir.path), [])
})

test('a file that is shorter than announced leaves nothing behind, nor does an empty folder', async () => {
  await using dir = await temp()
  const to = join(dir.path, 'bundle')
  const short = serverWith({ bundle: [{ path: 'bundle/a', file_size: 5 }] })
  short.server.intercept({ path: `${store}/bundle/a` }).reply(200, 'abc')
  await assert.rejects(downloadFolder(short.mlflow, 'r1', 'bundle', to), /a has 3 bytes, expected 5; nothing was kept/)
  await assert.rejects(downloadFolder(serverWith({ bundle: [] }).mlflow, 'r1', 'bundle', to), /has no files/)
  assert.deepEqual(await readdir(dir.path), [])
})

test('a server that does not hand out artifacts itself is named', async () => {
  const { mlflow } = serverWith({}, 's3://bucket/7/r1/artifacts')
  await assert.rejects(
    downloadFolder(mlflow, 'r1', 'bundle', '/nowhere'),
    /lie under s3:, expected mlflow-artifacts:; start the server with --serve-artifacts/,
  )
})
