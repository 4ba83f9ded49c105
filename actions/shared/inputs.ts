import { getInput } from '@actions/core'
import { InputError } from '../../pipeline/errors.ts'

/** An input that is yes or no. Throws InputError for anything but `true` and `false`. */
export function readBoolean(name: string): boolean {
  const value = getInput(name)
  if (value !== 'true' && value !== 'false')
    throw new InputError(`input ${name}: must be true or false, got ${JSON.stringify(value)}; mend it in the workflow`)
  return value === 'true'
}

/** An input that is a word. Throws InputError when it is empty: an expression in the workflow that came to nothing. */
export function readText(name: string): string {
  const value = getInput(name)
  if (value === '')
    throw new InputError(`input ${name}: is empty; give it a value in the workflow, or leave it out for its default`)
  return value
}

/** An input that is one of a few words. Throws InputError naming them for anything else. */
export function readChoice<T extends string>(name: string, choices: readonly T[]): T {
  const value = getInput(name)
  const choice = choices.find((each) => each === value)
  if (choice !== undefined) return choice
  throw new InputError(
    `input ${name}: must be ${choices.join(' or ')}, got ${JSON.stringify(value)}; mend it in the workflow`,
  )
}

/** An input that is a digest; undefined where it is empty. Throws InputError for anything else. */
export function readDigest(name: string): string | undefined {
  const value = getInput(name)
  if (value === '') return undefined
  if (/^sha256:[0-9a-f]{64}$/.test(value)) return value
  throw new InputError(
    `input ${name}: must be sha256: and 64 hexadecimal digits, got ${JSON.stringify(value)}; mend it in the workflow`,
  )
}

/** The job's token; empty where the workflow gives none. */
export function readToken(): string {
  return getInput('token')
}
