import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { DeployResult } from '../../pipeline/release/deployment.ts'
import { git } from '../../pipeline/release/git.ts'
import type { ReleasedModel } from '../../pipeline/release/release.ts'
import { stop } from '../../pipeline/release/stop.ts'
import { freePort } from '../free-port.ts'
import { type Behaviour, makeProject } from './project.ts'
import { identify } from './repository.ts'

/** A project whose jobs run on runners of their own: clones of one bare origin, started as processes. All that they leave running is stopped when disposed. */
export async function makeRunners({ canary = {} }: { canary?: object } = {}) {
  const project = await makeProject({ canary })
  const { root, dir } = project
  const bare = join(dir, 'origin.git')
  await git(root, ['push', '--quiet', 'origin', 'main'])
  await git(bare, ['config', 'core.logAllRefUpdates', 'always'])
  await git(bare, ['config', 'receive.denyNonFastForwards', 'true'])
  const bundles: { [digest: string]: string } = {}
  const clones: string[] = []

  /** `minRequests`: what a canary needs there, if not what the project says. */
  async function clone(name: string, commit: string, minRequests?: number): Promise<string> {
    const path = join(dir, name)
    await git(dir, ['clone', '--quiet', bare, path])
    await git(path, ['checkout', '--quiet', commit])
    await identify(path)
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'))
    for (const environment of ['production', 'staging']) {
      const file = join(path, 'environments', environment, 'environment.yaml')
      const text = (await readFile(file, 'utf8')).replace(/port: \d+/, `port: ${await freePort()}`)
      await writeFile(file, minRequests ? text.replace(/min_requests: \d+/, `min_requests: ${minRequests}`) : text)
    }
    clones.push(path)
    return path
  }

  return {
    ...project,
    bare,
    clone,
    async model(version: number, behaviour: Behaviour = {}): Promise<ReleasedModel> {
      const model = await project.model(version, behaviour)
      bundles[model.digest] = join(dir, `bundle-${version}`)
      return model
    },
    /** Starts a deploy in a clone; `said` is what it told so far. */
    start(path: string, options: object) {
      const given = { root: path, environment: 'production', pollMs: 300, bundles, ...options }
      const script = join(import.meta.dirname, 'runner-process.ts')
      const child = execa(process.execPath, [script, JSON.stringify(given)], { reject: false, cleanup: true })
      let said = ''
      const heard: { what: RegExp; tell: () => void }[] = []
      child.stderr.on('data', (text) => {
        said += String(text)
        for (const { what, tell } of heard) if (what.test(said)) tell()
      })
      return {
        /** Waits until it has said something. */
        says: (what: RegExp) => new Promise<void>((tell) => (what.test(said) ? tell() : heard.push({ what, tell }))),
        kill: () => child.kill('SIGKILL'),
        async result(): Promise<DeployResult & { readonly nothing?: string }> {
          const { exitCode, stdout, stderr } = await child
          if (exitCode !== 0) throw new Error(`a runner ended with ${exitCode}:\n${stderr}`)
          return JSON.parse(stdout)
        },
        ended: child,
      }
    },
    async [Symbol.asyncDispose]() {
      for (const path of clones) for (const environment of ['production', 'staging']) await stop(path, environment)
      await project[Symbol.asyncDispose]()
    },
  }
}
