/** What of JSON Schema is left of GitHub's description. */
export type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: { readonly [name: string]: Schema }
  readonly additionalProperties?: Schema | false
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

/** The keys of a value that no branch of its schema names, by their path. GitHub ignores what it does not know; ours is then not what was meant. */
export function unknownKeys(schema: Schema, value: unknown, named: (name: string) => Schema, path = ''): string[] {
  const branches = branchesOf(schema, named)
  if (Array.isArray(value)) {
    const items = branches.flatMap((branch) => branch.items ?? [])
    if (items.length === 0) return []
    return value.flatMap((item, index) => unknownKeys({ anyOf: items }, item, named, `${path}/${index}`))
  }
  const objects = branches.filter(({ properties }) => properties)
  const open = branches.some(({ type, properties }) => type === 'object' && !properties)
  if (typeof value !== 'object' || value === null || objects.length === 0 || open) return []
  return Object.entries(value).flatMap(([key, each]) => {
    const known = objects.flatMap(
      ({ properties, additionalProperties }) => properties?.[key] ?? (additionalProperties || []),
    )
    return known.length === 0 ? [`${path}/${key}`] : unknownKeys({ anyOf: known }, each, named, `${path}/${key}`)
  })
}

/** The plain schemas that a schema is made of. */
function branchesOf(schema: Schema, named: (name: string) => Schema): Schema[] {
  if (schema.$ref) return branchesOf(named(schema.$ref.replace('github#/schemas/', '')), named)
  return [schema, ...[...(schema.anyOf ?? []), ...(schema.allOf ?? [])].flatMap((each) => branchesOf(each, named))]
}
