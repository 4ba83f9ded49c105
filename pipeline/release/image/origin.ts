import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tryGit } from '../git.ts'
import { licenseExpression } from './license.ts'

/** Where an image comes from: the labels that github.com/opencontainers/image-spec defines (annotations.md). What is not known is empty. */
export type Origin = {
  readonly title: string
  /** A page, never with credentials. */
  readonly source: string
  /** The commit; `-dirty` after it where the tree had been changed. */
  readonly revision: string
  readonly licenses: string
}

/** Reads an image's origin from Git and `package.json`. */
export async function originOf(root: string, title: string): Promise<Origin> {
  const ask = async (...args: string[]) => {
    const { output, failed } = await tryGit(root, args)
    return failed ? '' : output.trim()
  }
  // Never a tag's name: anybody may choose one.
  const revision = await ask('describe', '--always', '--dirty', '--abbrev=40', '--exclude=*')
  return {
    title,
    source: pageOf(await ask('remote', 'get-url', 'origin')),
    revision: /^[0-9a-f]{40,64}(-dirty)?$/.test(revision) ? revision : '',
    licenses: licenseExpression((await readPackage(root)).license) ?? '',
  }
}

/** `git@host:owner/name.git` and the like → `https://host/owner/name`; empty for a folder, and for what is none of these. */
export function pageOf(remote: string): string {
  const [, host, path] =
    /^(?:https?:\/\/|ssh:\/\/)(?:[^@/]*@)?([A-Za-z0-9.-]+(?::\d+)?)\/([\w./~-]+?)(?:\.git)?\/?$/.exec(remote) ??
    /^(?:[\w.-]+@)?([A-Za-z0-9.-]+):(?!\/)([\w./~-]+?)(?:\.git)?\/?$/.exec(remote) ??
    []
  if (host === undefined || path === undefined) return ''
  // A port is of ssh, not of the page.
  const site = remote.startsWith('http') ? host : host.replace(/:\d+$/, '')
  return `${remote.startsWith('http:') ? 'http' : 'https'}://${site}/${path}`
}

type Package = { readonly name?: string; readonly version?: string; readonly license?: string }

/** What `package.json` says of the repository itself. */
export async function readPackage(root: string): Promise<Package> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Package
}
