import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { makeChanges } from '../../pipeline/demo/changes.ts'
import { createScratch } from '../../pipeline/demo/scratch.ts'
import { removeScratch } from '../../pipeline/demo/sweep.ts'
import { freePort } from '../free-port.ts'

/** A clone of this repository's last commit, with an origin and ports of its own and a training of seconds; stopped and removed when disposed. */
export async function makeProject() {
  const scratch = await createScratch(join(import.meta.dirname, '../..'), process.env)
  const { root, git } = scratch
  const ports = { staging: await freePort(), production: await freePort() }
  await makeChanges(root, [
    { file: 'params.yaml', from: /\n {2}epochs: \d+/, to: '\n  epochs: 3' },
    { file: 'environments/staging/environment.yaml', from: /port: \d+/, to: `port: ${ports.staging}` },
    { file: 'environments/production/environment.yaml', from: /port: \d+/, to: `port: ${ports.production}` },
  ])
  await git('commit', '--quiet', '-am', 'settings of the test')
  await git('push', '--quiet', 'origin', 'main')
  const run = (args: readonly string[], env: { readonly [name: string]: string } = {}) =>
    execa(process.execPath, ['pipeline/cli.ts', ...args], {
      cwd: root,
      env: { ...scratch.env, ...env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    })
  return {
    ...scratch,
    ports,
    /** Starts a verb of the command line and waits for its end. */
    run,
    /** Runs a verb that must end well, and returns its JSON. */
    async done<T>(...args: readonly string[]): Promise<T> {
      const { exitCode, stdout, stderr } = await run([...args, '--json'])
      if (exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${exitCode}:\n${stderr}`)
      return JSON.parse(stdout) as T
    },
    /** Changes a file for as long as `during` takes. */
    async with(file: string, change: (text: string) => string, during: () => Promise<void>): Promise<void> {
      const before = await readFile(join(root, file), 'utf8')
      await writeFile(join(root, file), change(before))
      try {
        await during()
      } finally {
        await writeFile(join(root, file), before)
      }
    },
    async [Symbol.asyncDispose]() {
      await removeScratch(scratch)
    },
  }
}
