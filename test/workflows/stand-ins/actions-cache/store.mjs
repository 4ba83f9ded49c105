// What both halves share: where caches lie, and who may read which (https://docs.github.com/actions/reference/workflows-and-actions/dependency-caching).
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

const { env } = process
const lines = (name) =>
  (env[`INPUT_${name}`] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

export const key = (env.INPUT_KEY ?? '').trim()
export const prefixes = lines('RESTORE-KEYS')
const written = lines('PATH')
/** A cache is found again only for the same list of paths. */
export const version = hash(written.join('\n'))
export const paths = written.map((path) => resolve(env.GITHUB_WORKSPACE, path.replace(/^~(?=\/|$)/, homedir())))

/** The run's own scope, where it writes, then those that it may read. */
export const scopes = [
  ...new Set([
    env.GITHUB_REF,
    ...(env.GITHUB_BASE_REF ? [`refs/heads/${env.GITHUB_BASE_REF}`] : []),
    'refs/heads/main',
  ]),
]

export const folderOf = (scope, name) => join(env.MERGELINE_TEST_CACHES, hash(scope), hash(`${version} ${name}`))

export function entriesIn(scope) {
  const folder = join(env.MERGELINE_TEST_CACHES, hash(scope))
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => !name.includes('.'))
    .map((name) => {
      const entry = JSON.parse(readFileSync(join(folder, name, 'entry.json'), 'utf8'))
      return { ...entry, folder: join(folder, name) }
    })
}

function hash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
