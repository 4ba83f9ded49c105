import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

const setup = join(import.meta.dirname, '..', '.mergeline', 'setup')

/** The environment of a bench's peers: a folder with `bin/python`, once they are installed. */
export const peerEnvironment = (bench: string): string => join(setup, `${bench}-peers`)

/** Installs `bench/<bench>/peers/requirements.txt`, pinned with hashes, into an environment of its own. Returns why that is not to be had, or nothing. */
export async function installPeers(
  bench: string,
  names: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  const environment = peerEnvironment(bench)
  const uv = join(setup, 'uv', 'bin', 'uv')
  if (!existsSync(uv)) return 'uv is not there: run `npm run setup` first'
  try {
    if (!existsSync(join(environment, 'bin', 'python'))) await execa(uv, ['venv', '--quiet', environment])
    say(`${bench}: ${names} (cached after the first time)`)
    const lock = join(import.meta.dirname, bench, 'peers', 'requirements.txt')
    await execa(uv, ['pip', 'sync', '--quiet', '--python', environment, '--require-hashes', lock])
    return undefined
  } catch (error) {
    return (error as Error).message.split('\n').slice(0, 3).join(' ')
  }
}
