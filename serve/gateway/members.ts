import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from 'typebox'
import { InputError } from '../../pipeline/errors.ts'
import { type Members, membersSchema } from '../../pipeline/gateway-members.ts'
import { validate } from '../../pipeline/schema.ts'

/** What whoever watches a trial makes of it so far, in one line: shown, and nothing else. */
export const saidSchema = Type.Object({ said: Type.String({ maxLength: 1000 }) }, { additionalProperties: false })

/** Whether the canary gets requests, or copies of them: only then is anything drawn, and learnt. */
export const isOnTrial = ({ weight, mirror }: Pick<Members, 'weight' | 'mirror'>): boolean =>
  weight > 0 || mirror !== undefined

export const nobody: Members = { rollout: null, stable: null, canary: null, weight: 0 }

/** Checks members from outside; `where` names their source. Throws InputError naming path and what is allowed. */
export function checkMembers(value: unknown, where: string): Members {
  const members = validate(membersSchema, value, where)
  if (members.weight > 0 && members.canary === null) {
    throw new InputError(
      `${where}: weight is ${members.weight} and canary is null: a share needs somebody to take it; set weight to 0 or name a canary`,
    )
  }
  if (members.mirror && (members.canary === null || members.weight > 0 || members.rollout === null))
    throw new InputError(
      `${where}: mirror needs a rollout, and a canary of weight 0 to take the copies: name both, or leave mirror out`,
    )
  return members
}

/** The members that a gateway was last given in this folder; nobody when it was given none. Throws InputError when the file is damaged. */
export function readMembers(folder: string): Members {
  const file = join(folder, 'members.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nobody
    throw new InputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    return checkMembers(JSON.parse(text), file)
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw new InputError(`${file} is not JSON: remove it and deploy again`, { cause })
  }
}

/** Writes the members beside and renames them: a reader sees the old or the new ones, whatever ends this process. */
export function writeMembers(folder: string, members: Members): void {
  writeJson(join(folder, 'members.json'), members)
}

/** Writes JSON beside `file`, then renames it into place. */
export function writeJson(file: string, value: unknown): void {
  const beside = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(beside, `${JSON.stringify(value)}\n`)
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}
