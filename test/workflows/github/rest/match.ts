import type { Route } from './route.ts'

/** Finds the route of a method and path; the one with the fewest placeholders where several fit. */
export function matcher(operations: readonly string[]) {
  const patterns = operations
    .map((operation) => ({ operation, ...patternOf(operation) }))
    .sort((one, other) => one.names.length - other.names.length)
  return (method: string, path: string) => {
    for (const { operation, names, pattern } of patterns) {
      const found = pattern.exec(`${method} ${path}`)
      if (!found) continue
      const values = found.slice(1).map(decodeURIComponent)
      return { operation, params: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) }
    }
    return undefined
  }
}

/** A ref or a path at the end may hold slashes. */
function patternOf(operation: string) {
  const names = [...operation.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const source = operation
    .replace(/[.+*?^$()|[\]\\]/g, '\\$&')
    .replace(/\{(ref|path)\}$/, '(.+)')
    .replace(/\{\w+\}/g, '([^/]+)')
  return { names, pattern: new RegExp(`^${source}$`) }
}

/** Routes by their operation. */
export const byOperation = (routes: readonly Route[]) => new Map(routes.map((route) => [route.operation, route]))
