import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { InputError } from '../../pipeline/errors.ts'
import { validate } from '../../pipeline/schema.ts'

const memberSchema = Type.Object(
  {
    url: Type.String({
      pattern: '^http://[A-Za-z0-9.:\\[\\]-]+$',
      description: 'Where the server listens: http://host:port',
    }),
    digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$', description: 'The bundle that it serves' }),
  },
  { additionalProperties: false },
)

/** Copies of requests for a canary that answers nobody: which share of them, and how far apart two predictions may be and still agree, in the target's unit. */
const mirrorSchema = Type.Object(
  {
    share: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    tolerance: Type.Number({ minimum: 0 }),
  },
  { additionalProperties: false },
)

/** Who answers, and who is on trial with which share of the prediction requests. */
export const membersSchema = Type.Object(
  {
    // The name of the events file: nothing that could leave its folder.
    rollout: Type.Union([Type.Null(), Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' })]),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000 })),
    stable: Type.Union([Type.Null(), memberSchema]),
    canary: Type.Union([Type.Null(), memberSchema]),
    weight: Type.Number({ minimum: 0, maximum: 1 }),
    // How long the share is the canary's unless the members are put again: who watches it may be killed.
    leaseMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600_000 })),
    // The request header, in lower case, by whose value a client keeps its arm.
    stickyHeader: Type.Optional(Type.String({ pattern: "^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$" })),
    mirror: Type.Optional(mirrorSchema),
  },
  { additionalProperties: false },
)

/** What whoever watches a trial makes of it so far, in one line: shown, and nothing else. */
export const saidSchema = Type.Object({ said: Type.String({ maxLength: 1000 }) }, { additionalProperties: false })

export type Member = Readonly<Static<typeof memberSchema>>
export type Members = Readonly<Static<typeof membersSchema>>
export type Arm = 'stable' | 'canary'

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
