import { licenseExpression } from './license.ts'

/** SPDX's word for what nobody has looked at. */
const unknown = 'NOASSERTION'

/** What every package of a document says (SPDX 2.3, clause 7), as far as it is known of all. */
export function about(id: string, name: string, version: string, purpose: string) {
  return {
    SPDXID: `SPDXRef-${id}`,
    name,
    versionInfo: version,
    primaryPackagePurpose: purpose,
    downloadLocation: unknown,
    filesAnalyzed: false,
    licenseConcluded: unknown,
    licenseDeclared: unknown,
    copyrightText: unknown,
  }
}

/** A license as it is declared; what is no SPDX expression is told in words. */
export function licensed(declared: unknown) {
  const expression = licenseExpression(declared)
  if (expression !== undefined) return { licenseDeclared: expression }
  return declared === undefined ? {} : { licenseComments: `declared as ${JSON.stringify(declared)}` }
}

/** A hash of what a package is; hexadecimal. */
export const checksum = (algorithm: string, checksumValue: string) => ({ checksums: [{ algorithm, checksumValue }] })

/** A package URL (github.com/package-url/purl-spec), by which scanners know a package. */
export const purl = (referenceLocator: string) => ({
  externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator }],
})

/** How two elements of a document stand to each other (clause 11). */
export const related = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
  spdxElementId,
  relationshipType,
  relatedSpdxElement,
})
