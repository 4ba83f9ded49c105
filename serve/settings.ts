import { type Static, type TSchema, Type } from 'typebox'
import { backends } from '../pipeline/backend.ts'
import { InputError } from '../pipeline/errors.ts'
import { compile } from '../pipeline/schema.ts'
import { auditSettings } from './audit/settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

const text = (what: string) => Type.Optional(Type.String({ description: what }))
const file = (what: string) => Type.Optional(Type.String({ description: `a file with ${what}` }))
const port = (otherwise: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: otherwise, description: 'a port from 0 to 65535' })
const count = (otherwise: number, least: number, what: string) =>
  Type.Integer({
    minimum: least,
    maximum: 1_000_000,
    default: otherwise,
    description: `a whole number from ${least} to 1000000, ${what}`,
  })
const word = (what: string, otherwise?: string) =>
  Type.String({
    pattern: '^[\\w.:@+-]{1,200}$',
    description: what,
    ...(otherwise === undefined ? {} : { default: otherwise }),
  })
const url = (what: string) =>
  Type.Optional(Type.String({ pattern: '^https?://[^\\s]+$', description: `a URL, ${what}` }))

type Described = { readonly type?: string; readonly description?: string; readonly default?: unknown }

/** Every setting of the server, by the name of its environment variable. What has no default and is not optional must be set. */
export const serverSettings = Type.Object({
  MERGELINE_BUNDLE: Type.String({ description: 'the folder of the bundle' }),
  MERGELINE_HOST: Type.String({ default: '127.0.0.1', description: 'the address to listen on' }),
  MERGELINE_PORT: port(8080),
  MERGELINE_ENVIRONMENT: word('the name of the environment', 'local'),
  MERGELINE_BACKEND: Type.Enum(['direct', ...backends], {
    type: 'string',
    default: 'direct',
    description:
      'direct, or a backend of TensorFlow.js (wasm, cpu, or native where `npm run native` made it): what computes predictions',
  }),
  MERGELINE_MODEL_NAME: word('the name of the model', 'model'),
  MERGELINE_MODEL_VERSION: Type.Optional(word('the registered version of the model')),
  MERGELINE_MODEL_FINGERPRINT: Type.Optional(word('the fingerprint of the training')),
  MERGELINE_COMMIT: Type.Optional(word('the commit that was released')),
  MERGELINE_IMAGE: text('the image that this server runs from, with its digest'),
  MERGELINE_API_KEYS_FILE: file('one SHA-256 of an API key per line'),
  MERGELINE_JWT_ISSUER: url('the issuer whose tokens are taken'),
  MERGELINE_JWT_AUDIENCE: text('the audience that a token must name'),
  MERGELINE_JWT_JWKS_URL: url("where the issuer's public keys are"),
  MERGELINE_TLS_CERTIFICATE_FILE: file('the certificate, and what it is signed by, in PEM'),
  MERGELINE_TLS_KEY_FILE: file("the certificate's private key, in PEM"),
  MERGELINE_RATE_LIMIT: count(0, 0, 'requests that one key may make in a minute; 0 for any number'),
  MERGELINE_MAX_IN_FLIGHT: count(512, 1, 'prediction requests held at once'),
  MERGELINE_MAX_WAIT_MS: count(100, 1, 'ms that a prediction request may have to wait for those before it'),
  MERGELINE_MAX_RECORDS: count(1000, 1, 'records in one request'),
  ...auditSettings,
  MERGELINE_DOCS: Type.Enum(['on', 'off'], {
    type: 'string',
    default: 'on',
    description: 'on or off: the pages under /docs',
  }),
  MERGELINE_PAGE: Type.Enum(['on', 'off'], {
    type: 'string',
    default: 'on',
    description: 'on or off: the page at /',
  }),
  MERGELINE_MODEL_CARD: file('the model card, which the page shows'),
  MERGELINE_ROLLOUT_URL: url("the gateway's control side, of which the page shows the rollout"),
  MERGELINE_ROLLOUT_TOKEN_FILE: file("the token of the gateway's control side"),
})

export type ServerSettings = Static<typeof serverSettings>

/** Every setting of the gateway. */
export const gatewaySettings = Type.Object({
  MERGELINE_GATEWAY_STATE: Type.String({ description: 'the folder where the gateway keeps its members and events' }),
  MERGELINE_GATEWAY_HOST: Type.String({ default: '127.0.0.1', description: 'the address to listen on' }),
  MERGELINE_GATEWAY_PORT: port(8080),
  MERGELINE_GATEWAY_TOKEN_FILE: file('the token of the control side'),
  MERGELINE_GATEWAY_MAX_IN_FLIGHT: count(1024, 1, 'requests held at once'),
  MERGELINE_GATEWAY_TLS_CERTIFICATE_FILE: file('the certificate of the public side, and what it is signed by, in PEM'),
  MERGELINE_GATEWAY_TLS_KEY_FILE: file("the certificate's private key, in PEM"),
})

// One .env may set up both.
const known = new Set([...Object.keys(serverSettings.properties), ...Object.keys(gatewaySettings.properties)])
// What Kubernetes tells every pod of a service that is called mergeline.
const ofKubernetes = /_SERVICE_(HOST|PORT)|_PORT_\d+_(TCP|UDP)|^MERGELINE_(.*_)?PORT$/

/**
 * Reads the settings of one process from the environment; an empty one counts as not set. Throws InputError naming each setting that is missing or wrong,
 * and each MERGELINE_* name that is nobody's: a typo would otherwise be a setting that silently does nothing.
 */
export function readSettings<T extends typeof serverSettings | typeof gatewaySettings>(
  schema: T,
  environment: Environment,
): Static<T> {
  const wrong: string[] = []
  const settings: { [name: string]: unknown } = {}
  for (const [name, property] of Object.entries<TSchema & Described>(schema.properties)) {
    const given = environment[name]
    if (!given) {
      if (property.default !== undefined) settings[name] = property.default
      else if (schema.required.includes(name as never))
        wrong.push(`${name} is not set: it names ${property.description}`)
      continue
    }
    const value = property.type === 'integer' && /^\d+$/.test(given) ? Number(given) : given
    if (compile(property)(value)) settings[name] = value
    else wrong.push(`${name} must be ${property.description}, got ${JSON.stringify(given)}${hint(given)}`)
  }
  for (const name of Object.keys(environment))
    if (name.startsWith('MERGELINE_') && !known.has(name) && !ofKubernetes.test(name))
      wrong.push(`${name} is no setting; the server's are ${Object.keys(serverSettings.properties).join(', ')}`)
  if (wrong.length > 0) throw new InputError(wrong.join('\n'))
  return settings as Static<T>
}

const hint = (given: string) =>
  /^(tcp|udp):\/\//.test(given)
    ? ' (Kubernetes set this for a service called mergeline: set enableServiceLinks to false)'
    : ''

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
