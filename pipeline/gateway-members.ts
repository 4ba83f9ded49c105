import { type Static, Type } from 'typebox'

const strict = { additionalProperties: false }

const memberSchema = Type.Object(
  {
    url: Type.String({
      pattern: '^http://[A-Za-z0-9.:\\[\\]-]+$',
      description: 'Where the server listens: http://host:port',
    }),
    digest: Type.String({ pattern: '^sha256:[0-9a-f]{64}$', description: 'The bundle that it serves' }),
  },
  strict,
)

/** Copies of requests for a canary that answers nobody: which share of them, and how far apart two predictions may be and still agree, in the target's unit. */
const mirrorSchema = Type.Object(
  {
    share: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    tolerance: Type.Number({ minimum: 0 }),
  },
  strict,
)

/** The name of a request header, in lower case, by whose value a client keeps its arm. */
export const stickyHeaderSchema = Type.String({ pattern: "^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$" })

/** What a gateway is told: who answers, and who is on trial with which share of the prediction requests. The rollout tells it, and the gateway checks and keeps it. */
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
    stickyHeader: Type.Optional(stickyHeaderSchema),
    mirror: Type.Optional(mirrorSchema),
  },
  strict,
)

export type Member = Readonly<Static<typeof memberSchema>>
export type Members = Readonly<Static<typeof membersSchema>>
export type Mirror = Readonly<Static<typeof mirrorSchema>>
export type Arm = 'stable' | 'canary'
