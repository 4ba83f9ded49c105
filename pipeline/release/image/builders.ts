import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExecaError, execa } from 'execa'
import { InputError } from '../../errors.ts'
import { oneLine } from '../../report/escape.ts'

export type Builder = 'docker' | 'buildah'

/** Whether the registry may be without TLS: only one on this machine. */
type Transport = { readonly insecure: boolean }
type Inspected = { readonly image: string; readonly layers: readonly string[]; readonly size: number }

/** What differs between the programs that build images from a folder. */
export const builders: {
  readonly [builder in Builder]: {
    /** `insecure` is for the registry of the base image. */
    readonly build: (dir: string, args: readonly string[], transport: Transport) => Promise<void>
    readonly inspect: (tag: string) => Promise<Inspected>
    /** Returns the digest of the manifest that the registry was given. */
    readonly push: (tag: string, transport: Transport) => Promise<string>
  }
} = {
  docker: {
    async build(dir, args) {
      // The time that BuildKit writes into an image; see reproducible-builds.org/docs/source-date-epoch. And no provenance of its own, which would
      // hold the time of the build: the workflow attests better. Registries on loopback need no TLS by Docker's own rule.
      await call('docker', ['build', ...args, dir], { SOURCE_DATE_EPOCH: '0', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' })
    },
    async inspect(tag) {
      const found = JSON.parse(await call('docker', ['image', 'inspect', '--format', '{{json .}}', tag])) as {
        readonly Id: string
        readonly Size: number
        readonly RootFS: { readonly Layers: readonly string[] }
      }
      return { image: found.Id, layers: found.RootFS.Layers, size: found.Size }
    },
    async push(tag) {
      const said = await call('docker', ['push', tag])
      const [, digest] = /\bdigest: (sha256:[0-9a-f]{64})\b/.exec(said) ?? []
      if (digest === undefined) throw new InputError(`image: docker push ${tag} named no digest`)
      return digest
    },
  },
  buildah: {
    async build(dir, args, transport) {
      // Docker's format: the other one, OCI, knows no health check. No cache: it would be of another time.
      const same = ['--format', 'docker', '--layers', '--no-cache', '--timestamp', '0']
      await call('buildah', ['build', ...same, ...tls(transport), ...args, dir])
    },
    async inspect(tag) {
      const found = JSON.parse(await call('buildah', ['inspect', '--type', 'image', tag])) as {
        readonly FromImageID: string
        readonly Manifest: string
        readonly Docker: { readonly rootfs: { readonly diff_ids: readonly string[] } }
      }
      const { layers } = JSON.parse(found.Manifest) as { readonly layers: readonly { readonly size: number }[] }
      return {
        image: `sha256:${found.FromImageID}`,
        layers: found.Docker.rootfs.diff_ids,
        size: layers.reduce((total, { size }) => total + size, 0),
      }
    },
    async push(tag, transport) {
      const dir = await mkdtemp(join(tmpdir(), 'mergeline-push-'))
      try {
        const file = join(dir, 'digest')
        await call('buildah', ['push', ...tls(transport), '--digestfile', file, tag, `docker://${tag}`])
        return (await readFile(file, 'utf8')).trim()
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    },
  },
}

const tls = ({ insecure }: Transport) => (insecure ? ['--tls-verify=false'] : [])

/** The first builder that answers. Throws InputError when none does. */
export async function findBuilder(): Promise<Builder> {
  const answers = async (...[program, ...args]: [string, ...string[]]) =>
    !(await execa(program, args, { reject: false, stdin: 'ignore' })).failed
  // Docker's program may be there without the service that builds.
  if (await answers('docker', 'version', '--format', '{{.Server.Version}}')) return 'docker'
  if (await answers('buildah', '--version')) return 'buildah'
  throw new InputError(
    'image: neither Docker answers (is its service running, and DOCKER_HOST right?) nor is buildah there; install one, or write the folder only with `npm run image -- --context <dir>`',
  )
}

/** A build, or a push, that takes longer is not coming to an end. */
const LONGEST_MS = 20 * 60_000

async function call(program: Builder, args: readonly string[], env: { readonly [name: string]: string } = {}) {
  try {
    return (await execa(program, args, { env, stdin: 'ignore', timeout: LONGEST_MS })).stdout
  } catch (cause) {
    const { stderr, shortMessage } = cause as ExecaError
    // A registry's words are in there: a bar before each keeps a line from being a command to the runner whose log it comes into.
    const last = String(stderr ?? '')
      .trim()
      .split('\n')
      .slice(-5)
      .map((line) => oneLine(line, 300).replaceAll('##[', '## ['))
    const said = last.length > 1 ? last.map((line) => `\n  | ${line}`).join('') : last[0] || shortMessage
    throw new InputError(`image: ${program} ${args[0]} failed: ${said}`, { cause })
  }
}
