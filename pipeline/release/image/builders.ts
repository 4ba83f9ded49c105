import { type ExecaError, execa } from 'execa'
import { InputError } from '../../errors.ts'

export type Builder = 'docker' | 'buildah'

type Inspected = { readonly image: string; readonly layers: readonly string[]; readonly size: number }

/** What differs between the programs that build images from a folder. */
export const builders: {
  readonly [builder in Builder]: {
    readonly build: (dir: string, args: readonly string[]) => Promise<void>
    readonly inspect: (tag: string) => Promise<Inspected>
  }
} = {
  docker: {
    async build(dir, args) {
      // The time that BuildKit writes into an image; see reproducible-builds.org/docs/source-date-epoch.
      await call('docker', ['build', ...args, dir], { SOURCE_DATE_EPOCH: '0' })
    },
    async inspect(tag) {
      const found = JSON.parse(await call('docker', ['image', 'inspect', '--format', '{{json .}}', tag])) as {
        readonly Id: string
        readonly Size: number
        readonly RootFS: { readonly Layers: readonly string[] }
      }
      return { image: found.Id, layers: found.RootFS.Layers, size: found.Size }
    },
  },
  buildah: {
    async build(dir, args) {
      // Docker's format: the other one, OCI, knows no health check. No cache: it would be of another time.
      const same = ['--format', 'docker', '--layers', '--no-cache', '--timestamp', '0']
      await call('buildah', ['build', ...same, ...args, dir])
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
  },
}

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

async function call(program: Builder, args: readonly string[], env: { readonly [name: string]: string } = {}) {
  try {
    return (await execa(program, args, { env, stdin: 'ignore' })).stdout
  } catch (cause) {
    const { stderr, shortMessage } = cause as ExecaError
    const last = String(stderr ?? '')
      .trim()
      .split('\n')
      .slice(-5)
      .join('\n')
    throw new InputError(`image: ${program} ${args[0]} failed: ${last || shortMessage}`, { cause })
  }
}
