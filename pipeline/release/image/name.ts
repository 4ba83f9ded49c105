import { InputError } from '../../errors.ts'
import { oneLine } from '../../report/escape.ts'

/** An image's name, taken apart: `registry/repository:tag@digest`. */
export type ImageName = {
  /** Host, and port where one is given; absent in names such as `node:24`, which a builder looks up where it likes. */
  readonly registry?: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
}

// The grammar of github.com/distribution/reference, which Docker, buildah and registries share.
const host = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?`
const part = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const hostOnly = new RegExp(`^${host}$`)
const pathOnly = new RegExp(`^${part}(?:/${part})*$`)
const named = /^(?<path>[^@]*?)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/
const longest = 255

/** Takes a name apart. `where` is the option or file that holds it. Throws InputError for what no builder and no registry would take. */
export function parseImageName(text: string, where: string): ImageName {
  const refuse = (why: string) => {
    const shown = oneLine(text, 80)
    return new InputError(
      `${where}: ${JSON.stringify(shown)} is no name of an image: ${why}; expected [registry/]name[:tag]`,
    )
  }
  if (text.length > 2 * longest) throw refuse('it is too long')
  const { path = '', tag, digest } = named.exec(text)?.groups ?? {}
  const [first = '', ...rest] = path.split('/')
  // Docker's rule: a first part with a dot, a colon or the name localhost is a host.
  const registry = rest.length > 0 && (/[.:[\]]/.test(first) || first === 'localhost') ? first : undefined
  const repository = registry === undefined ? path : rest.join('/')
  if (registry !== undefined && !hostOnly.test(registry)) throw refuse('its registry is no host')
  if (repository.length > longest) throw refuse(`its name has more than ${longest} characters`)
  if (!pathOnly.test(repository))
    throw refuse(
      pathOnly.test(repository.toLowerCase())
        ? 'registries know lower case only'
        : 'letters, digits, and . _ - / between',
    )
  return {
    ...(registry === undefined ? {} : { registry }),
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** Whether a registry (host, and port) is this machine: then it may be without TLS, as nobody listens in between. */
export function isLoopback(registry: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/.test(registry)
}
