import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import type { Params } from '../params.ts'
import { type Closure, importClosure } from './closure.ts'

export type Fingerprint = {
  readonly fingerprint: string
  /** What went into it, so that two fingerprints can be told apart by reason. */
  readonly parts: {
    readonly data: string
    readonly params: string
    readonly code: string
    readonly packages: string
    readonly runtime: string
  }
}

/** The entry whose import closure is all the code that decides what training yields. */
const TRAINING_ENTRY = 'pipeline/training/make-bundle.ts'

/**
 * The fingerprint of the training that the tree under `root` would do: SHA-256 over the data's DVC hash, `params.yaml`'s section `train`,
 * the closure of training's code, the locked versions of the packages in it and of all they depend on, Node's major and the architecture.
 */
export async function fingerprint(root: string, params: Params['train'], dataHash: string): Promise<Fingerprint> {
  const { code, packages, runtime } = await programParts(root, TRAINING_ENTRY)
  const parts = {
    data: dataHash,
    params: sha256(canonical(params)),
    code,
    packages,
    runtime: `${runtime} ${params.backend}${params.backend === 'native' ? ` ${await nativeLocks(root)}` : ''}`,
  }
  return { fingerprint: fingerprintOf(parts), parts }
}

/** SHA-256 over what pins the kernels of the backend native: they are no package of the closure. */
async function nativeLocks(root: string): Promise<string> {
  const locks = ['package-lock.json', 'requirements.txt', 'install.mjs']
  return sha256((await Promise.all(locks.map((name) => readFile(join(root, 'setup/native', name), 'utf8')))).join('\0'))
}

/** What decides what the program at `entry` does: hashes of its code and of its locked packages, and the runtime's major and architecture. */
export async function programParts(
  root: string,
  entry: string,
): Promise<{ readonly code: string; readonly packages: string; readonly runtime: string }> {
  const closure = await importClosure(root, entry)
  return {
    code: hashOf(closure),
    packages: sha256(canonical(await lockedPackages(root, closure.packages))),
    runtime: `node ${process.versions.node.split('.')[0]} ${process.arch}`,
  }
}

/** Named parts → `sha256:<hex>` over all of them. */
export const fingerprintOf = (parts: { readonly [part: string]: string }): string =>
  `sha256:${sha256(canonical(parts))}`

/** SHA-256 over the code that runs when `entry` is imported. */
export async function codeHash(root: string, entry: string): Promise<string> {
  return hashOf(await importClosure(root, entry))
}

function hashOf({ files }: Closure): string {
  const sources = [...files]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, source]) => `${file}\0${sha256(source)}`)
  return sha256(sources.join('\n'))
}

type Lock = { readonly packages: { readonly [path: string]: LockedPackage | undefined } }
type LockedPackage = {
  readonly version?: string
  readonly integrity?: string
  readonly dependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
  readonly peerDependencies?: { readonly [name: string]: string }
}

export type Locked = { readonly path: string; readonly version: string; readonly integrity: string }

/** The packages that training's code imports. */
export async function trainingPackages(root: string): Promise<ReadonlySet<string>> {
  return (await importClosure(root, TRAINING_ENTRY)).packages
}

/**
 * The packages and all they depend on, as `package-lock.json` pins them, sorted by path. Binaries of other platforms are in the lock as well:
 * they are the same release, so they do no harm here. Throws InputError for a package that is not locked.
 */
export async function lockedPackages(root: string, names: ReadonlySet<string>): Promise<readonly Locked[]> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock
  const found = new Map<string, Locked>()
  const visit = (name: string, from: string, required: boolean): void => {
    const path = resolve(lock, name, from)
    if (path === undefined) {
      if (required) {
        throw new InputError(`package-lock.json: ${name} is imported but not locked; run \`npm install ${name}\``)
      }
      return
    }
    if (found.has(path)) return
    const { version = '', integrity = '', ...locked } = lock.packages[path] as LockedPackage
    found.set(path, { path, version, integrity })
    const needs = { ...locked.peerDependencies, ...locked.optionalDependencies, ...locked.dependencies }
    for (const need of Object.keys(needs)) visit(need, path, false)
  }
  for (const name of names) visit(name, '', true)
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Where npm would find `name` for the package at `from`: its own node_modules first, then each one above. */
function resolve(lock: Lock, name: string, from: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (lock.packages[path]) return path
    if (at === '') return undefined
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** JSON with sorted keys: the same values give the same text however they were written. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}
