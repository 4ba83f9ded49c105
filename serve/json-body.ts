import type { FastifyInstance } from 'fastify'
import { Refusal } from './problem.ts'

// The deepest body that any of the protocols has is an inference request with nested tensors: six.
const maxDepth = 32

/**
 * Reads JSON bodies, and refuses with 400 what is none, or nests deeper than 32, which is told before it is parsed: nothing that comes after has to bear it.
 * A key `__proto__` is a key like any other here: no body is ever merged into an object, and the schema refuses what is not a field.
 */
export function readJsonBodies(app: FastifyInstance): void {
  // No protocol has any.
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body as string
    if (isDeeper(text, maxDepth)) return done(new Refusal(400, `the body nests deeper than ${maxDepth}`))
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      // The parser's own words would repeat the body.
      return done(new Refusal(400, text === '' ? 'the body is empty; send JSON' : 'the body is not JSON'))
    }
    done(null, value)
  })
}

/** Whether a JSON text nests objects and arrays deeper than `limit`, told without parsing it; brackets in strings do not count. */
export function isDeeper(text: string, limit: number): boolean {
  if (text.length <= limit) return false
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = endOfString(text, at)
      if (at === -1) return false
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > limit) return true
    } else if (code === 0x5d || code === 0x7d) depth -= 1
  }
  return false
}

/** The place of the quotation mark that ends the string begun at `from`, or -1. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes += 1
    if (backslashes % 2 === 0) return at
  }
  return -1
}
