import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Asked } from '../../pipeline/release/asked.ts'
import { loadEnvironment } from '../../pipeline/release/environment.ts'
import { git } from '../../pipeline/release/git.ts'
import type { Release } from '../../pipeline/release/release.ts'
import { takeTurn } from '../../pipeline/release/turn.ts'

/** A scratch repository with one commit and an identity; with `origin`, a bare one beside it. Removed when disposed. */
export async function makeRepository({ origin = false, identity = true } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-test-'))
  const root = join(dir, 'work')
  await git(dir, ['init', '--quiet', '-b', 'main', root])
  if (identity) await identify(root)
  await writeFile(join(root, 'README.md'), 'hello\n')
  await git(root, ['add', 'README.md'])
  await git(root, ['-c', 'user.name=x', '-c', 'user.email=x@example.org', 'commit', '--quiet', '-m', 'first'])
  if (origin) {
    await git(dir, ['init', '--quiet', '--bare', '-b', 'main', join(dir, 'origin.git')])
    await git(root, ['remote', 'add', 'origin', join(dir, 'origin.git')])
    await git(root, ['push', '--quiet', 'origin', 'main'])
  }
  const commit = await git(root, ['rev-parse', 'HEAD'])
  return { dir, root, commit, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }) }
}

export async function identify(root: string): Promise<void> {
  await git(root, ['config', 'user.name', 'Ada Example'])
  await git(root, ['config', 'user.email', 'ada@example.org'])
}

/** A release with made-up digests, told apart by one letter. */
export function releaseOf(letter: string, commit: string, version = 1) {
  const digest = `sha256:${letter.repeat(64)}`
  return { model: { name: 'ice-cream-sales', version, digest, fingerprint: digest }, commit, rehearsal: false }
}

/** Records a release as its deploy does when its turn has come, and returns its commit. The holder is the same each time, so nobody waits. */
export async function recordRelease(
  root: string,
  environment: string,
  release: Release,
  more: Partial<Asked> = {},
): Promise<string> {
  const turn = await takeTurn(await askedFor(root, environment, release, more), {
    prepare: async () => {},
    log: () => {},
    pollMs: 10,
  })
  return turn.kind === 'go' ? turn.releaseCommit : turn.entry
}

/** What `takeTurn` is asked, for a holder called `me` to whom all others are gone. */
export async function askedFor(
  root: string,
  environment: string,
  release: Release,
  more: Partial<Asked> = {},
): Promise<Asked> {
  const policy = await loadEnvironment(join(import.meta.dirname, '../..'), 'production')
  const holder = { name: 'me', alive: async () => false }
  return { root, environment, policy, release, holder, order: 'request', ...more }
}
