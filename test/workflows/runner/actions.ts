import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ask } from '../github/git/command.ts'

const standIns = join(import.meta.dirname, '../stand-ins')

/** The actions of a job: folders that play the remote ones, by `owner/name@ref`, and which `uses:` are JavaScript. */
export type Actions = { readonly remote: { readonly [uses: string]: string }; readonly javascript: ReadonlySet<string> }

type ActionFile = { readonly runs: { readonly using: string; readonly steps?: readonly { readonly uses?: string }[] } }

/**
 * Finds what the steps of a job use, at a commit, and what composite actions among them use in turn. Any version of a remote action is played by
 * `stand-ins/<owner>-<name>`; throws where there is none.
 */
export async function actionsOf(origin: string, sha: string, uses: readonly string[]): Promise<Actions> {
  const remote: { [uses: string]: string } = {}
  const javascript = new Set<string>()
  const todo = [...uses]
  for (const each of todo) {
    const file = each.startsWith('./') ? await localAction(origin, sha, each) : remoteAction(each, remote)
    if (file.runs.using.startsWith('node')) javascript.add(each)
    for (const { uses: inner } of file.runs.steps ?? []) if (inner && !todo.includes(inner)) todo.push(inner)
  }
  return { remote, javascript }
}

async function localAction(origin: string, sha: string, uses: string): Promise<ActionFile> {
  for (const name of ['action.yml', 'action.yaml']) {
    const text = await ask(origin, ['show', `${sha}:${uses.slice(2)}/${name}`]).catch(() => null)
    if (text !== null) return parse(text) as ActionFile
  }
  throw new Error(`${uses}: there is no action.yml in this folder at ${sha}`)
}

function remoteAction(uses: string, remote: { [uses: string]: string }): ActionFile {
  const [, owner, name, path = '', ref] = /^([^/@]+)\/([^/@]+)(?:\/([^@]+))?@(.+)$/.exec(uses) ?? []
  const folder = join(standIns, `${owner}-${name}`)
  const file = join(folder, path, 'action.yml')
  if (!existsSync(file)) throw new Error(`${uses}: nothing plays this action here; make ${file}`)
  remote[`${owner}/${name}@${ref}`] = folder
  return parse(readFileSync(file, 'utf8')) as ActionFile
}
