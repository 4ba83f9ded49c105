import { createHash } from 'node:crypto'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { stringify } from 'yaml'
import type { DeployOptions } from '../../pipeline/release/deployment.ts'
import { git } from '../../pipeline/release/git.ts'
import type { ReleasedModel } from '../../pipeline/release/release.ts'
import { stop } from '../../pipeline/release/stop.ts'
import { stateDir } from '../../pipeline/release/targets/files.ts'
import { processesOf } from '../../pipeline/release/targets/processes.ts'
import { bundleFiles } from '../../pipeline/tracking/manifest.ts'
import { freePort } from '../free-port.ts'
import { makeRepository } from './repository.ts'

const here = join(import.meta.dirname, '..', '..')

/** What the stand-in server does with this model. */
export type Behaviour = {
  readonly errors?: number
  readonly slowMs?: number
  readonly shift?: number
  readonly golden?: number
  /** Added to every prediction but those of golden records. */
  readonly offset?: number
  readonly dies?: boolean
  readonly diesAfter?: number
  readonly hangs?: boolean
  readonly leaks?: boolean
  readonly readyAfterMs?: number
  readonly ignoresSigterm?: boolean
}

/** A scratch project with the real gateway, servers that stand in for the real ones unless told otherwise, ports of its own and quick policies. Nothing of it is left when disposed. */
export async function makeProject({
  origin = true,
  canary = {},
  policy = {},
  standIn = true,
}: {
  origin?: boolean
  canary?: object
  /** Other sections of production's environment.yaml. */
  policy?: { readonly host?: object; readonly [section: string]: unknown }
  standIn?: boolean
} = {}) {
  const repository = await makeRepository({ origin })
  const { root, dir } = repository
  for (const part of ['serve', 'pipeline', 'environments', 'package.json', 'package-lock.json', 'tsconfig.json'])
    await cp(join(here, part), join(root, part), { recursive: true })
  if (standIn) await cp(join(import.meta.dirname, 'stand-in-server.ts'), join(root, 'serve', 'server.ts'))
  await symlink(join(here, 'node_modules'), join(root, 'node_modules'))
  await writeFile(join(root, '.gitignore'), 'node_modules\n.mergeline\n')
  const ports = { production: await freePort(), staging: await freePort() }
  const settings = {
    production: {
      ...policy,
      host: { port: ports.production, ...policy.host },
      canary: { steps: [20, 50], min_requests: 30, tolerance_percent: 20, ...canary },
    },
    staging: { host: { port: ports.staging }, canary: { steps: [] } },
  }
  for (const [name, value] of Object.entries(settings))
    await writeFile(join(root, 'environments', name, 'environment.yaml'), stringify(value))
  await git(root, ['add', '.'])
  await git(root, ['commit', '--quiet', '-m', 'project'])
  const commit = () => git(root, ['rev-parse', 'HEAD'])
  const push = async () => {
    if (origin) await git(root, ['push', '--quiet', 'origin', 'main'])
  }
  await push()
  const bundles = new Map<string, string>()

  return {
    ...repository,
    ports,
    commit,
    /** A new commit on main with other serving code. */
    async change(text: string) {
      await writeFile(join(root, 'serve', 'changed.ts'), `// ${text}\n`)
      await git(root, ['add', '.'])
      await git(root, ['commit', '--quiet', '-m', text])
      await push()
      return commit()
    },
    async model(version: number, behaviour: Behaviour = {}): Promise<ReleasedModel> {
      const bundle = join(dir, `bundle-${version}`)
      const digest = await standInBundle(bundle, version, behaviour)
      bundles.set(digest, bundle)
      return { name: 'ice-cream-sales', version, digest, fingerprint: digest }
    },
    options(model: ReleasedModel, atCommit: string, more: Partial<DeployOptions> = {}): DeployOptions {
      return {
        root,
        environment: 'production',
        commit: atCommit,
        model,
        bundle: async ({ digest }) => bundles.get(digest) ?? assertNever(digest),
        registry: { setAlias: async () => {} },
        ...more,
      }
    },
    processes: (environment = 'production') => processesOf(stateDir(root, environment)),
    async [Symbol.asyncDispose]() {
      for (const environment of ['production', 'staging']) await stop(root, environment)
      await repository[Symbol.asyncDispose]()
    },
  }
}

async function standInBundle(bundle: string, version: number, behaviour: Behaviour): Promise<string> {
  await mkdir(bundle, { recursive: true })
  const files: { [file: string]: { sha256: string; bytes: number } } = {}
  const write = async (file: string, text: string) => {
    await writeFile(join(bundle, file), text)
    files[file] = { sha256: createHash('sha256').update(text).digest('hex'), bytes: text.length }
  }
  for (const file of bundleFiles) await write(file, `${version}`)
  await write('model.json', JSON.stringify(behaviour))
  await write('golden.jsonl', `${JSON.stringify({ record: { golden: true }, prediction: 1 })}\n`)
  const window = { from: '2020-01-01', trainUntil: '2020-01-01', until: '2020-01-01' }
  const manifest = JSON.stringify({ format: 1, backend: 'cpu', target: 'x', window, files })
  await writeFile(join(bundle, 'manifest.json'), manifest)
  return `sha256:${createHash('sha256').update(manifest).digest('hex')}`
}

/** How long a client thinks after each answer: a few of them are enough for a trial, and leave the machine to what is tried. */
const pauseMs = 8

/** Clients, a few at once, until stopped. Counts what they got; before the first release 503 is no failure. */
export function clients(port: number, count = 4, { key = '', record = {} }: { key?: string; record?: object } = {}) {
  const seen = { requests: 0, failed: 0, digests: new Map<string, number>(), failures: new Set<string>() }
  let stopped = false
  const one = async () => {
    while (!stopped) {
      try {
        const answer = await request(`http://127.0.0.1:${port}/v1/predict`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ records: [record] }),
        })
        await answer.body.dump()
        seen.requests += 1
        const digest = String(answer.headers['x-mergeline-digest'])
        seen.digests.set(digest, (seen.digests.get(digest) ?? 0) + 1)
        if (answer.statusCode !== 200) {
          seen.failed += 1
          seen.failures.add(String(answer.statusCode))
        }
      } catch (error) {
        seen.requests += 1
        seen.failed += 1
        seen.failures.add((error as Error).message)
      }
      await sleep(pauseMs)
    }
  }
  const running = Promise.all(Array.from({ length: count }, one))
  return {
    seen,
    async [Symbol.asyncDispose]() {
      stopped = true
      await running
    },
  }
}

function assertNever(digest: string): never {
  throw new Error(`no bundle ${digest}`)
}
