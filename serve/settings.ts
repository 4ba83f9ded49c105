import { InputError } from '../pipeline/errors.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A setting that has no default. Throws InputError naming it and what it is for. */
export function required(environment: Environment, name: string, what: string): string {
  const value = environment[name]
  if (!value) throw new InputError(`${name} is not set: it names ${what}`)
  return value
}

/** A port, 0 for any free one. Throws InputError naming the setting. */
export function readPort(environment: Environment, name: string, otherwise: number): number {
  const text = environment[name]
  if (!text) return otherwise
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  throw new InputError(`${name} must be a port from 0 to 65535, got ${JSON.stringify(text)}`)
}

/** Turns what `listen` throws into one line that names address and cure. */
export function explainListen(
  error: unknown,
  at: { readonly host: string; readonly port: number },
  setting: string,
): Error {
  const { code, message } = error as NodeJS.ErrnoException
  const where = `${at.host}:${at.port}`
  if (code === 'EADDRINUSE')
    return new InputError(`port ${where} is in use: stop what listens there, or choose another port (${setting})`)
  if (code === 'EACCES')
    return new InputError(`port ${where} may not be opened by this user: choose one above 1023 (${setting})`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new InputError(
      `address ${where} is not an address of this machine (${message}): set the host to 127.0.0.1 or 0.0.0.0`,
    )
  return error instanceof Error ? error : new Error(String(error))
}
