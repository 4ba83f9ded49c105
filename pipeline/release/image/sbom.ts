import { createHash } from 'node:crypto'
import { importClosure } from '../../tracking/closure.ts'
import { SERVER_ENTRY } from './fingerprint.ts'
import { type ImageName, parseImageName } from './name.ts'
import { readPackage } from './origin.ts'
import { type InstalledPackage, installedPackages } from './packages.ts'
import { about, checksum, licensed, purl, related } from './spdx.ts'

type Inputs = {
  readonly root: string
  /** The model's name and digest. */
  readonly model: { readonly name: string; readonly digest: string }
  /** The server's fingerprint. */
  readonly fingerprint: string
  /** The base image, as the build was given it. */
  readonly base: string
  /** Where the image lies, when it has been pushed. */
  readonly reference?: string | undefined
}

/**
 * What is in the image of a bundle, as an SPDX 2.3 document (spdx.github.io/spdx-spec/v2.3) to be written as JSON: the npm packages of the server's import
 * closure with version, license and integrity, the server's own code, the model, and the base image, whose own packages are told by the SBOM that its
 * publisher attests. The same image gives the same document. `npm sbom` cannot make it: it describes all that is installed, of which the server is a part.
 */
export async function composeSbom({ root, model, fingerprint, base, reference }: Inputs) {
  const { packages } = await importClosure(root, SERVER_ENTRY)
  const own = await readPackage(root)
  const image = {
    ...about('Image', model.name, `${model.digest.slice(7, 19)}-${fingerprint.slice(7, 19)}`, 'CONTAINER'),
    ...stored(reference === undefined ? undefined : parseImageName(reference, 'the image')),
  }
  const baseName = parseImageName(base, 'the base image')
  const below = {
    ...about('Base', base.replace(/[:@][^/]*$/, ''), baseName.tag ?? baseName.digest ?? 'latest', 'CONTAINER'),
    ...stored(baseName),
  }
  const server = {
    ...about('Server', `${own.name ?? 'mergeline'}: server`, fingerprint, 'APPLICATION'),
    ...licensed(own.license),
  }
  const bundle = {
    ...about('Model', `${model.name}: model`, model.digest, 'OTHER'),
    ...checksum('SHA256', model.digest.slice(7)),
    comment: 'The checksum is of the bundle’s manifest.json, which lists the SHA-256 of every other file of it',
  }
  const npm = (await installedPackages(root, packages)).map(ofNpm)
  const inside = [server, bundle, ...npm]
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${model.name}-image`,
    // The time that the image's own files and configuration have: none of ours, so that the same image has the same document.
    creationInfo: { created: '1970-01-01T00:00:00Z', creators: [`Tool: mergeline-${own.version ?? '0'}`] },
    packages: [image, below, ...inside],
    relationships: [
      related('SPDXRef-DOCUMENT', 'DESCRIBES', image.SPDXID),
      related(image.SPDXID, 'DESCENDANT_OF', below.SPDXID),
      ...inside.map(({ SPDXID }) => related(image.SPDXID, 'CONTAINS', SPDXID)),
    ],
  }
  // Unique to the document, as 6.5 wants it, under the address that it gives those without a site of their own.
  const hash = createHash('sha256').update(JSON.stringify(document)).digest('hex')
  return { ...document, documentNamespace: `https://spdx.org/spdxdocs/${document.name}-${hash}` }
}

function ofNpm({ path, name, version, integrity, license, resolved }: InstalledPackage) {
  // The same package may be there twice, at other paths.
  const id = `npm-${name}-${version}`.replaceAll(/[^A-Za-z0-9.-]+/g, '-')
  const hashes = integrity.split(' ').flatMap((one) => {
    const [, algorithm, value] = /^(sha(?:1|256|384|512))-([A-Za-z0-9+/]+=*)$/.exec(one) ?? []
    return algorithm && value
      ? checksum(algorithm.toUpperCase(), Buffer.from(value, 'base64').toString('hex')).checksums
      : []
  })
  return {
    ...about(`${id}-${createHash('sha256').update(path).digest('hex').slice(0, 8)}`, name, version, 'LIBRARY'),
    ...licensed(license),
    ...(resolved && /^https:\/\/[^@\s]+$/.test(resolved) ? { downloadLocation: resolved } : {}),
    ...(hashes.length > 0 ? { checksums: hashes } : {}),
    ...purl(`pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`),
  }
}

/** How an image is found by its digest; nothing where that is not known. */
function stored(name: ImageName | undefined) {
  if (name?.digest === undefined) return {}
  const { registry = 'docker.io', repository, digest } = name
  const place = registry === 'docker.io' && !repository.includes('/') ? `library/${repository}` : repository
  const last = place.slice(place.lastIndexOf('/') + 1)
  return {
    ...checksum('SHA256', digest.slice(7)),
    ...purl(`pkg:oci/${last}@${encodeURIComponent(digest)}?repository_url=${registry}/${place}`),
  }
}
