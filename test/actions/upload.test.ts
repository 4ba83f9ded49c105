import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { commandsIn } from './action.ts'

const module = join(import.meta.dirname, '../../actions/shared/upload.ts')

/** Uploads this file in a process of its own, to a service that answers so, and returns what came out and what was said. */
async function uploadTo(status: number, msg: string, once: boolean) {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code: 'x', msg }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const claims = Buffer.from(JSON.stringify({ scp: 'Actions.Results:run-1:job-1' })).toString('base64url')
  const what = { name: 'training-x', folder: import.meta.dirname, files: [import.meta.filename], once }
  const script = `import { upload } from ${JSON.stringify(module)}
    console.log('returned', await upload({ artifacts: true }, ${JSON.stringify(what)}))`
  try {
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script], {
      env: {
        ACTIONS_RESULTS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        ACTIONS_RUNTIME_TOKEN: `e30.${claims}.x`,
      },
      stdin: 'ignore',
    })
    return stdout
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('what the run has already is not uploaded twice, where the name says what is in it', async () => {
  const said = await uploadTo(409, 'an artifact with this name already exists on the workflow run', true)
  assert.match(said, /^artifact training-x: this run has it already$/m)
  assert.match(said, /^returned { name: 'training-x' }$/m)
})

test('a second artifact of a name that may hold anything is a warning: what GitHub keeps is the first', async () => {
  const said = await uploadTo(409, 'an artifact with this name already exists on the workflow run', false)
  assert.match(said, /^::warning::artifact training-x: could not be uploaded: .*\(409\)/m)
})

test('what GitHub does not take is a warning in its own words, and the step goes on', async () => {
  const said = await uploadTo(403, 'storage quota has been hit\n::add-mask::x', true)
  assert.match(
    said,
    /^::warning::artifact training-x: could not be uploaded: .*storage quota has been hit%0A:\u2060:add-mask::x/m,
  )
  assert.match(said, /^returned null$/m)
  for (const command of commandsIn(said)) assert.match(command, /^::(?:warning|debug)::/)
})
