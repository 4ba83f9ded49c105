import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, type TProperties, Type } from 'typebox'
import { InputError } from '../errors.ts'
import { stickyHeaderSchema } from '../gateway-members.ts'
import { type DeepReadonly, validate } from '../schema.ts'
import { parseYaml } from '../yaml.ts'

const strict = { additionalProperties: false }

const sections = {
  host: {
    launcher: Type.Enum(['process', 'docker'], { type: 'string' }),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    timeout_ms: Type.Integer({ minimum: 10, maximum: 60_000 }),
    memory_mb: Type.Optional(Type.Integer({ minimum: 64, maximum: 1_048_576 })),
    sticky_header: Type.Optional(stickyHeaderSchema),
    cpus: Type.Optional(Type.Number({ minimum: 0.1, maximum: 1024 })),
  },
  shadow: {
    share_percent: Type.Number({ minimum: 0, maximum: 100 }),
    difference: Type.Number({ minimum: 0 }),
    tolerated_percent: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 10 }),
  },
  canary: {
    steps: Type.Array(Type.Number({ exclusiveMinimum: 0, maximum: 95 }), { maxItems: 20 }),
    tolerance_percent: Type.Number({ minimum: 0.1, maximum: 50 }),
    min_requests: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
    deadline_minutes: Type.Number({ exclusiveMinimum: 0, maximum: 30 * 24 * 60 }),
    at_deadline: Type.Enum(['roll back', 'hold'], { type: 'string' }),
  },
  rolling: { pause_minutes: Type.Number({ exclusiveMinimum: 0, maximum: 30 * 24 * 60 }) },
  blue_green: { keep_minutes: Type.Number({ minimum: 0, maximum: 30 * 24 * 60 }) },
  ab: { share_percent: Type.Number({ exclusiveMinimum: 0, maximum: 95 }) },
  slo: { latency_ms: Type.Number({ exclusiveMinimum: 0, maximum: 60_000 }) },
  verdict: {
    alpha_percent: Type.Number({ exclusiveMinimum: 0, maximum: 10 }),
    shift_tolerance: Type.Number({ minimum: 1, maximum: 10 }),
  },
}
const target = Type.Enum(['host'], { type: 'string' })
const strategy = Type.Enum(['canary', 'blue-green', 'rolling', 'recreate', 'a/b'], { type: 'string' })

const section = <T extends TProperties>(properties: T) => Type.Object(properties, strict)
const environmentSchema = Type.Object(
  {
    target,
    strategy,
    host: section(sections.host),
    shadow: section(sections.shadow),
    canary: section(sections.canary),
    rolling: section(sections.rolling),
    blue_green: section(sections.blue_green),
    ab: section(sections.ab),
    slo: section(sections.slo),
    verdict: section(sections.verdict),
  },
  strict,
)
/** The same with nothing required: what one environment writes down. */
const overlaySchema = Type.Partial(
  Type.Object({
    target,
    strategy,
    host: Type.Partial(section(sections.host), strict),
    shadow: Type.Partial(section(sections.shadow), strict),
    canary: Type.Partial(section(sections.canary), strict),
    rolling: Type.Partial(section(sections.rolling), strict),
    blue_green: Type.Partial(section(sections.blue_green), strict),
    ab: Type.Partial(section(sections.ab), strict),
    slo: Type.Partial(section(sections.slo), strict),
    verdict: Type.Partial(section(sections.verdict), strict),
  }),
  strict,
)

export type Environment = DeepReadonly<Static<typeof environmentSchema>>

/**
 * Reads `environments/base/environment.yaml`, lays `environments/<name>/environment.yaml` over it (lists are replaced as a whole) and checks both.
 * Throws InputError naming the file, the path in it and what is allowed; for an unknown name, the names there are.
 */
export async function loadEnvironment(root: string, name: string): Promise<Environment> {
  const names = await environmentNames(root)
  if (!names.includes(name))
    throw new InputError(
      `environment ${JSON.stringify(name)}: there is no environments/${name}/environment.yaml; known: ${names.join(', ') || 'none'}`,
    )
  return parseEnvironment(name, await read(root, 'base'), await read(root, name))
}

/** The same from the two files' texts. */
export function parseEnvironment(name: string, base: string, own: string): Environment {
  const baseFile = 'environments/base/environment.yaml'
  const ownFile = `environments/${name}/environment.yaml`
  const shared = validate(environmentSchema, parseYaml(base, baseFile), baseFile)
  const overlay = validate(overlaySchema, parseYaml(own, ownFile) ?? {}, ownFile)
  const merged = {
    target: overlay.target ?? shared.target,
    strategy: overlay.strategy ?? shared.strategy,
    host: { ...shared.host, ...overlay.host },
    shadow: { ...shared.shadow, ...overlay.shadow },
    canary: { ...shared.canary, ...overlay.canary },
    rolling: { ...shared.rolling, ...overlay.rolling },
    blue_green: { ...shared.blue_green, ...overlay.blue_green },
    ab: { ...shared.ab, ...overlay.ab },
    slo: { ...shared.slo, ...overlay.slo },
    verdict: { ...shared.verdict, ...overlay.verdict },
  }
  const { steps } = merged.canary
  if (steps.some((share, index) => index > 0 && share <= (steps[index - 1] ?? 0)))
    throw new InputError(
      `${overlay.canary?.steps ? ownFile : baseFile}: canary.steps must rise from step to step, got [${steps.join(', ')}]`,
    )
  if (merged.strategy === 'a/b' && !merged.host.sticky_header)
    throw new InputError(
      `${ownFile}: an a/b test needs host.sticky_header, the request header by whose value a client keeps its model; set it, or another strategy`,
    )
  if (merged.strategy === 'rolling' && steps.length === 0)
    throw new InputError(`${ownFile}: strategy rolling needs canary.steps, the shares to go through; got []`)
  return merged
}

/** Whether nobody outside can be served: servers as processes, behind a gateway on the loopback address of this machine. */
export function isRehearsal({ target, host }: Environment): boolean {
  return target === 'host' && host.launcher === 'process'
}

/** The environments that the repository has, `base` aside, in alphabetical order. */
export async function environmentNames(root: string): Promise<string[]> {
  const entries = await readdir(join(root, 'environments'), { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== 'base')
    .map((entry) => entry.name)
    .sort()
}

async function read(root: string, name: string): Promise<string> {
  const file = `environments/${name}/environment.yaml`
  return readFile(join(root, file), 'utf8').catch((cause) => {
    throw new InputError(`${file}: cannot be read; restore it with \`git checkout ${file}\``, { cause })
  })
}
