import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { inJob } from './job.ts'
import { start } from './scratch.ts'

type Scratch = Awaited<ReturnType<typeof start>>

/** Runs lines with GitHub's own client of artifacts as `client`, as a process of its own, as a job does. Returns what they return. */
async function client(github: Scratch, runtimeToken: string, lines: string) {
  const program = `import { DefaultArtifactClient } from '@actions/artifact'
const client = new DefaultArtifactClient()
const out = await (async () => { ${lines} })().catch((error) => ({ failed: error.message }))
console.log('\\n=> ' + JSON.stringify(out))`
  const env = { ACTIONS_RESULTS_URL: github.resultsUrl, ACTIONS_RUNTIME_TOKEN: runtimeToken, RUNNER_TEMP: github.dir }
  const args = ['--input-type=module', '--eval', program]
  const { stdout } = await execa(process.execPath, args, { cwd: join(import.meta.dirname, '../../..'), env })
  return JSON.parse(/^=> (.*)$/m.exec(stdout)?.[1] ?? '')
}

/** A folder with one file, and the line that uploads it. */
async function uploadOf(github: Scratch, name: string, size: number) {
  const folder = join(github.dir, 'bundle')
  await mkdir(folder)
  const bytes = randomBytes(size)
  await writeFile(join(folder, 'weights.bin'), bytes)
  return { bytes, upload: `client.uploadArtifact('${name}', ['${folder}/weights.bin'], '${folder}')` }
}

test("GitHub's own client uploads, lists, downloads and deletes; another run reads by the API", async () => {
  await using github = await start()
  const { run, runtimeToken } = inJob(github, {})
  // More than one block of the storage's.
  const { upload, bytes } = await uploadOf(github, 'training', 9_000_000)
  const path = join(github.dir, 'download')
  const { id, digest, again, listed, downloaded } = await client(
    github,
    runtimeToken,
    `const { id, digest } = await ${upload}
    const again = await ${upload}.catch((error) => error.message)
    const listed = await client.listArtifacts({ latest: true })
    const downloaded = await client.downloadArtifact(id, { path: '${path}', expectedHash: 'sha256:' + digest })
    return { id, digest, again, listed, downloaded }`,
  )
  assert.deepEqual(
    github.state.artifacts.map((each) => [each.id, each.name, each.runId, each.digest]),
    [[id, 'training', run.id, `sha256:${digest}`]],
  )
  assert.match(again, /409.*already exists/)
  assert.deepEqual([listed.artifacts.length, listed.artifacts[0].id], [1, id])
  assert.equal(downloaded.digestMismatch, false)
  assert.ok((await readFile(join(path, 'weights.bin'))).equals(bytes))

  const other = inJob(github, { actions: 'read' })
  const [artifact] = (await other.call('GET', 'actions/artifacts?name=training')).artifacts
  assert.deepEqual([artifact.workflow_run.id, artifact.digest], [run.id, `sha256:${digest}`])
  const { httpStatus, location } = await other.call('GET', `actions/artifacts/${id}/zip`)
  assert.equal(httpStatus, 302)
  const archive = Buffer.from(await (await fetch(location)).arrayBuffer())
  assert.equal(createHash('sha256').update(archive).digest('hex'), digest)
  assert.equal((await inJob(github, { contents: 'write' }).call('GET', `actions/artifacts/${id}/zip`)).httpStatus, 403)
  github.expireArtifact(id)
  assert.equal((await other.call('GET', `actions/artifacts/${id}/zip`)).httpStatus, 410)
  assert.equal((await other.call('GET', `actions/artifacts/${id}`)).expired, true)
  for (const gone of [runtimeToken, other.runtimeToken])
    assert.deepEqual(await client(github, gone, 'return client.listArtifacts()'), { artifacts: [] })
  assert.deepEqual(github.state.violations, [])
})

test('another attempt of a run uploads under the same name, and sees what was there before', async () => {
  await using github = await start()
  const { run, runtimeToken } = inJob(github, {})
  const { upload } = await uploadOf(github, 'report', 100)
  const first = await client(github, runtimeToken, `return ${upload}`)
  github.finishRun(run.id, 'failure')
  assert.match((await client(github, runtimeToken, 'return client.listArtifacts()')).failed, /401/)

  const again = github.startRun({ ...run, attempt: 2 })
  assert.deepEqual([again.id, again.attempt, again.number], [run.id, 2, run.number])
  const next = github.mintToken({ runId: run.id, job: 'model', permissions: {} })
  const { seen, second, deleted } = await client(
    github,
    next.runtimeToken,
    `const seen = await client.getArtifact('report')
    const second = await ${upload}
    return { seen, second, deleted: await client.deleteArtifact('report') }`,
  )
  assert.equal(seen.artifact.id, first.id)
  assert.ok(second.id > first.id)
  assert.equal(deleted.id, second.id)
  assert.deepEqual(
    github.state.artifacts.map(({ id }) => id),
    [first.id],
  )
})

test('the storage takes no token, fails when it is told to, and knows its own links only', async () => {
  await using github = await start()
  const { runtimeToken, token, call } = inJob(github, { actions: 'read' })
  const { upload } = await uploadOf(github, 'report', 100)
  const { id } = await client(github, runtimeToken, `return ${upload}`)
  const { location } = await call('GET', `actions/artifacts/${id}/zip`)
  assert.equal((await fetch(location, { headers: { authorization: `Bearer ${token}` } })).status, 400)
  assert.deepEqual(
    github.state.violations.map(({ what }) => what),
    ['a token was sent to the storage'],
  )
  assert.equal((await fetch(location.replace(/sig=.*/, 'sig=guessed'))).status, 403)
  github.fail('GET blob', { status: 503 }, { reset: true })
  assert.equal((await fetch(location)).status, 503)
  await assert.rejects(fetch(location))
  assert.equal((await fetch(location)).status, 200)
})
