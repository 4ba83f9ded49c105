import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { Type } from 'typebox'
import { InputError } from '../../errors.ts'
import { validate } from '../../schema.ts'

/** What `docker login` or `buildah login` has left for a registry. */
export type Account =
  | { readonly username: string; readonly password: string }
  /** What some registries give instead of a password; it buys tokens. */
  | { readonly refreshToken: string }

const text = Type.String()
const fileSchema = Type.Object({
  auths: Type.Optional(
    Type.Record(text, Type.Object({ auth: Type.Optional(text), identitytoken: Type.Optional(text) })),
  ),
  credHelpers: Type.Optional(Type.Record(text, text)),
  credsStore: Type.Optional(text),
})

/**
 * The files in which builders keep accounts, in the order in which they are asked: containers-auth.json(5) of buildah and podman, then Docker's
 * `config.json`. `env` is the process's environment.
 */
export function accountFiles(env: { readonly [name: string]: string | undefined }): readonly string[] {
  const home = env['HOME'] ?? '/'
  const run = env['XDG_RUNTIME_DIR'] ?? join('/run/containers', String(process.getuid?.() ?? 0))
  const containers = env['REGISTRY_AUTH_FILE']
    ? [env['REGISTRY_AUTH_FILE']]
    : [
        join(run, ...(env['XDG_RUNTIME_DIR'] ? ['containers'] : []), 'auth.json'),
        join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers', 'auth.json'),
      ]
  return [...containers, join(env['DOCKER_CONFIG'] ?? join(home, '.docker'), 'config.json')]
}

/**
 * The account for a repository: the first that a file, or the helper that it names, has; null where nobody has logged in. Throws InputError for a
 * file that cannot be read as one.
 */
export async function accountFor(
  registry: string,
  repository: string,
  files: readonly string[],
): Promise<Account | null> {
  // A repository may have an account of its own; of those, the one with the longest path counts.
  const parts = repository.split('/')
  const paths = parts.map((_, index) => `${registry}/${parts.slice(0, parts.length - index).join('/')}`)
  const hosts = [registry, ...(registry === 'docker.io' ? ['https://index.docker.io/v1/'] : []), `https://${registry}`]
  for (const file of files) {
    const { auths = {}, credHelpers = {}, credsStore } = await readAccounts(file)
    const found = [...paths, ...hosts].map((name) => auths[name]).find((entry) => entry?.auth || entry?.identitytoken)
    if (found?.identitytoken) return { refreshToken: found.identitytoken }
    if (found?.auth) return decode(found.auth, file)
    const helper = credHelpers[registry] ?? credsStore
    const kept = helper && (await askHelper(helper, hosts))
    if (kept) return kept
  }
  return null
}

async function readAccounts(file: string) {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return {}
    throw error
  }
  try {
    return validate(fileSchema, JSON.parse(content), file)
  } catch {
    // What was wrong in detail would quote the file, and this one holds passwords.
    throw new InputError(`${file}: is no file of accounts; log in again with \`docker login\` or \`buildah login\``)
  }
}

function decode(auth: string, file: string): Account {
  const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? []
  if (username === undefined || password === undefined)
    throw new InputError(`${file}: holds an account that cannot be read; log in again`)
  return accountOf(username, password)
}

/** In the protocol of helpers, and in files that carry it over, `<token>` instead of a name says what the secret is. */
const accountOf = (username: string, secret: string): Account =>
  username === '<token>' ? { refreshToken: secret } : { username, password: secret }

const keptSchema = Type.Object({ Username: text, Secret: text })

/** Asks `docker-credential-<helper>` (github.com/docker/docker-credential-helpers: a host on stdin, JSON on stdout, a failure when it knows none). */
async function askHelper(helper: string, hosts: readonly string[]): Promise<Account | null> {
  if (!/^[\w.-]+$/.test(helper)) return null
  for (const host of hosts) {
    const { stdout, failed } = await execa(`docker-credential-${helper}`, ['get'], {
      input: host,
      reject: false,
      timeout: 30_000,
    })
    if (failed) continue
    try {
      const { Username, Secret } = validate(keptSchema, JSON.parse(stdout), helper)
      return accountOf(Username, Secret)
    } catch {
      throw new InputError(`docker-credential-${helper}: answered with something else than an account; log in again`)
    }
  }
  return null
}
