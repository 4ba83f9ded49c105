// GitHub's description of its REST API is 13 MB of JSON, most of it prose and examples. What a check needs is cut out: the operations on a repository, as JSON Schema.

/** Every operation below `/repos/{owner}/{repo}`, `GET /repos/…` → what it takes and answers, and the schemas that those name. */
export function cut(description) {
  const schemas = {}
  const resolve = (value) => (value?.$ref ? resolve(at(description, value.$ref)) : value)
  const schemaOf = (value) => schema(value, (name) => keep(name))
  function keep(name) {
    if (name in schemas) return
    schemas[name] = true
    schemas[name] = schemaOf(description.components.schemas[name])
  }

  const operations = {}
  for (const [path, methods] of Object.entries(description.paths)) {
    if (!path.startsWith('/repos/{owner}/{repo}')) continue
    for (const [method, operation] of Object.entries(methods)) {
      const parameters = (operation.parameters ?? []).map(resolve)
      // Without formats: `created` is a date-time there, and by the documentation a range of dates, too.
      const named = (place) =>
        Object.fromEntries(
          parameters
            .filter((each) => each.in === place)
            .map((each) => [each.name, schemaOf({ ...each.schema, format: undefined })]),
        )
      const body = resolve(operation.requestBody)
      const responses = Object.entries(operation.responses).map(([status, response]) => {
        const { content } = resolve(response)
        return [status, content?.['application/json'] ? schemaOf(content['application/json'].schema) : null]
      })
      operations[`${method.toUpperCase()} ${path}`] = {
        path: named('path'),
        query: named('query'),
        required: parameters.filter((each) => each.in === 'query' && each.required).map((each) => each.name),
        body: body?.content?.['application/json'] ? schemaOf(body.content['application/json'].schema) : null,
        bodyRequired: body?.required === true,
        answers: Object.fromEntries(responses),
        apps: operation['x-github'].enabledForGitHubApps,
        deprecated: operation.deprecated === true,
      }
    }
  }
  // Its prose on uploads knows this third state, its schema does not.
  schemas['release-asset'].properties.state.enum.push('starter')
  return { version: description.info.version, operations, schemas }
}

const at = (description, ref) =>
  ref
    .split('/')
    .slice(1)
    .reduce((value, name) => value[name], description)

const kept = ['type', 'enum', 'format', 'required', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength']

/** OpenAPI 3.0 → JSON Schema: `nullable` becomes a type of its own, prose and examples go. GitHub's `oneOf` overlap, so any of them will do. */
function schema(value, keep) {
  if (value === undefined || value === true) return {}
  if (value.$ref) {
    const name = value.$ref.replace('#/components/schemas/', '')
    keep(name)
    return { $ref: `github#/schemas/${name}` }
  }
  const all = (list) => list.map((each) => schema(each, keep))
  const out = Object.fromEntries(kept.filter((name) => name in value).map((name) => [name, value[name]]))
  if (value.properties)
    out.properties = Object.fromEntries(
      Object.entries(value.properties).map(([name, each]) => [name, schema(each, keep)]),
    )
  if (value.items) out.items = schema(value.items, keep)
  if (value.additionalProperties === false) out.additionalProperties = false
  else if (value.additionalProperties) out.additionalProperties = schema(value.additionalProperties, keep)
  if (value.allOf) out.allOf = all(value.allOf)
  if (value.anyOf ?? value.oneOf) out.anyOf = all(value.anyOf ?? value.oneOf)
  return value.nullable ? { anyOf: [{ type: 'null' }, out] } : out
}
