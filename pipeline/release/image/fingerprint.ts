import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../errors.ts'
import { sha256OfFile } from '../../files.ts'
import { codeHash, fingerprintOf, programParts } from '../../tracking/fingerprint.ts'

export const DOCKERFILE = 'serve/Dockerfile'
/** The entry whose import closure is the server. */
export const SERVER_ENTRY = 'serve/server.ts'
/** What the server reads beside its code: the files of its page. */
export const SERVER_ASSETS = ['page.css', 'page.js', 'charts.js'].map((file) => `serve/page/assets/${file}`)
const CONTEXT_ENTRY = 'pipeline/release/image/context.ts'

export type ServerFingerprint = {
  readonly fingerprint: string
  /** What went into it, so that two fingerprints can be told apart by reason. */
  readonly parts: {
    readonly code: string
    readonly packages: string
    readonly runtime: string
    readonly dockerfile: string
    readonly base: string
    readonly layout: string
    readonly assets: string
  }
}

/**
 * The fingerprint of the server image that the tree under `root` would give, the model left out: SHA-256 over the closure of the server's code, the locked
 * packages in it and all they depend on, Node's major, the architecture, the Dockerfile, the base image's name, the code that lays the image out, and the page's files.
 */
export async function serverFingerprint(root: string, base?: string): Promise<ServerFingerprint> {
  const parts = {
    ...(await programParts(root, SERVER_ENTRY)),
    dockerfile: await sha256OfFile(join(root, DOCKERFILE)),
    base: base ?? (await defaultBase(root)),
    layout: await codeHash(root, CONTEXT_ENTRY),
    assets: (await Promise.all(SERVER_ASSETS.map((file) => sha256OfFile(join(root, file))))).join(' '),
  }
  return { fingerprint: fingerprintOf(parts), parts }
}

const fromLine = /^FROM (\S+)$/m

/** The base image that the Dockerfile names. Throws InputError when it names none. */
export async function defaultBase(root: string): Promise<string> {
  const [, base] = fromLine.exec(await readFile(join(root, DOCKERFILE), 'utf8')) ?? []
  if (base === undefined) throw new InputError(`${DOCKERFILE}: no line \`FROM <image>\`; it names the base image`)
  return base
}

/** The Dockerfile with this base image in the place of its own. */
export async function dockerfileOn(root: string, base: string): Promise<string> {
  return (await readFile(join(root, DOCKERFILE), 'utf8')).replace(fromLine, () => `FROM ${base}`)
}
