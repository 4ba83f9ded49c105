// actions/checkout, as far as Git goes: fetch by the job's token, depth 1 or everything, the event's own commit, credentials kept only when asked.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { linkCompiled, linkPackages } from './packages.mjs'

const { env } = process
const input = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? '').trim()
const dir = join(env.GITHUB_WORKSPACE, input('path'))
const authorization = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${input('token')}`).toString('base64')}`
const setting = `http.${env.GITHUB_SERVER_URL}/.extraheader`
const { ref, commit } = wanted()

mkdirSync(dir, { recursive: true })
git('init', '--quiet', '-b', 'main')
git('config', 'gc.auto', '0')
git('remote', 'add', 'origin', `${env.GITHUB_SERVER_URL}/${input('repository')}`)
// Linked folders are no files of the project: `.gitignore` names folders only.
appendFileSync(join(dir, '.git', 'info', 'exclude'), '/node_modules\n/.venv\n')
fetch()
git('checkout', '--quiet', '--force', ...target())
if (input('persist-credentials') === 'true') git('config', setting, authorization)
linkPackages(dir, env.MERGELINE_TEST_PACKAGES)
linkCompiled(dir, env.MERGELINE_TEST_PACKAGES)
const head = git('rev-parse', 'HEAD')
appendFileSync(env.GITHUB_OUTPUT, `ref=${ref}\ncommit=${head}\n`)
console.log(`${input('repository')} at ${head}`)

/** Without `ref` it is the event's, at the event's commit, wherever the branch is by now. */
function wanted() {
  const given = input('ref')
  if (given === '' && input('repository') === env.GITHUB_REPOSITORY)
    return { ref: env.GITHUB_REF, commit: env.GITHUB_SHA }
  if (/^[0-9a-f]{40}$/.test(given)) return { ref: '', commit: given }
  return {
    ref: given === '' ? 'refs/heads/main' : given.startsWith('refs/') ? given : `refs/heads/${given}`,
    commit: '',
  }
}

function fetch() {
  const depth = Number(input('fetch-depth'))
  const all = depth <= 0 ? ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'] : []
  const quiet = ['-c', 'protocol.version=2', 'fetch', '--quiet', '--no-recurse-submodules']
  if (all.length > 0) git(...quiet, '--prune', 'origin', ...all)
  git(...quiet, '--no-tags', ...(depth > 0 ? [`--depth=${depth}`] : []), 'origin', `+${commit || ref}:${local()}`)
}

/** Where the commit is kept in the clone. */
function local() {
  if (ref.startsWith('refs/heads/')) return `refs/remotes/origin/${ref.slice(11)}`
  if (ref.startsWith('refs/pull/')) return `refs/remotes/pull/${ref.slice(10)}`
  return ref === '' ? 'refs/checkout/commit' : ref
}

/** A branch is checked out as itself, all else detached. */
function target() {
  return ref.startsWith('refs/heads/') ? ['-B', ref.slice(11), local()] : ['--detach', local()]
}

function git(...args) {
  const own = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: setting, GIT_CONFIG_VALUE_0: authorization }
  return execFileSync('git', args, {
    cwd: dir,
    env: { ...env, ...own },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim()
}
