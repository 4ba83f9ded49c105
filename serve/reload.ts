import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { InputError } from '../pipeline/errors.ts'
import type { LoadedBundle } from '../pipeline/tracking/bundle.ts'
import { verifyBundle } from '../pipeline/tracking/manifest.ts'
import type { Served, Swap } from './swap.ts'
import { watchFiles } from './watch.ts'

/** What a reload came to: the digest that is served now, and the one before. */
export type Reloaded = { readonly digest: string; readonly before: string; readonly changed: boolean }
export type Reload = () => Promise<Reloaded>

export type ReloadOptions = {
  /** The folder of the bundle, or a link that leads to it. */
  readonly bundle: string
  readonly recordSchema: object
  readonly swap: Swap
  readonly load: (dir: string) => Promise<LoadedBundle>
  /** Makes the app of a bundle, ready to answer. */
  readonly make: (bundle: LoadedBundle) => Promise<Served>
  readonly say: (line: string) => void
  /** Whether this server is ending: then nothing comes into the place of what is served. */
  readonly stopping: () => boolean
}

/**
 * Makes what puts the bundle that lies in its place now into the place of the one that is served: verified, loaded and proven by its golden records first, and one at a
 * time. Throws InputError where it must not be served, with the reason and no path, and then nothing has changed: it is not what its manifest says, it predicts otherwise than
 * when it was made, or its records are others than those that this server was started for.
 */
export function createReload({ bundle: place, recordSchema, swap, load, make, say, stopping }: ReloadOptions): Reload {
  let last: Promise<unknown> = Promise.resolve()

  async function reload(): Promise<Reloaded> {
    // Where the link leads may change while it is read.
    const dir = await realpath(place)
    const before = swap.now().bundle.digest
    const { digest } = await verifyBundle(dir)
    if (digest === before) return { digest, before, changed: false }
    const bundle = await load(dir)
    try {
      if (!isDeepStrictEqual(bundle.recordSchema, recordSchema))
        throw new InputError(`bundle ${dir}: its record schema is another; start a server of the commit that made it`)
      const next = await make(bundle)
      if (stopping()) throw new InputError('this server is ending')
      swap.to(next)
    } catch (error) {
      bundle.dispose()
      throw error
    }
    say(`${bundle.digest} is served now, in the place of ${before}`)
    return { digest: bundle.digest, before, changed: true }
  }

  const told = async (): Promise<Reloaded> => {
    try {
      return await reload()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      say(`${message}; ${swap.now().bundle.digest} is served as before`)
      // Words of the system's own have the path in them.
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') throw new InputError('no bundle lies in its place', { cause: error })
      if (code !== undefined) throw error
      const dir = await realpath(place).catch(() => place)
      throw new InputError(message.replaceAll(` ${dir}`, '').replaceAll(` ${place}`, ''), { cause: error })
    }
  }

  return () => {
    const own = last.then(told)
    last = own.catch(() => {})
    return own
  }
}

/** Reloads when `bundle`, where it is a link or lies behind one, leads to another bundle. Returns how to stop looking. */
export async function followLink(bundle: string, reload: Reload): Promise<(() => void) | undefined> {
  if ((await realpath(bundle)) === resolve(bundle)) return undefined
  const look = () => void reload().catch(() => {})
  return watchFiles([join(bundle, 'manifest.json')], look, look)
}
