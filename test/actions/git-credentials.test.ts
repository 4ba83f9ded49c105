import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { execa } from 'execa'
import { giveGitToken } from '../../actions/shared/git-credentials.ts'

test('git sends the token to the server that it is for, beside what was set before, and to no other', async () => {
  const sent: (string | undefined)[] = []
  const server = createServer((request, response) => {
    sent.push(request.headers.authorization, request.headers['x-before'] as string | undefined)
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraheader',
    GIT_CONFIG_VALUE_0: 'X-Before: yes',
  }
  try {
    const ask = () => execa('git', ['ls-remote', `${url}/acme/shop.git`], { env, extendEnv: false, reject: false })
    giveGitToken(env, 'https://elsewhere.example/path', 't0ken')
    await ask()
    assert.deepEqual(sent, [undefined, 'yes'])
    giveGitToken(env, url, '')
    await ask()
    assert.deepEqual(sent.slice(2), [undefined, 'yes'])
    giveGitToken(env, url, 't0ken')
    await ask()
    assert.equal(sent[4], `basic ${Buffer.from('x-access-token:t0ken').toString('base64')}`)
  } finally {
    server.close()
  }
})
