import { isCollection, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml'

/** The line (1 is the first) of the setting at a dotted path in a YAML text; where it is not there, that of what would hold it. */
export function lineOfSetting(text: string, path: string): number {
  const lines = new LineCounter()
  let at: Node | null = parseDocument(text, { lineCounter: lines }).contents
  let line = 1
  for (const name of path.split('.')) {
    const found = isMap(at) ? at.items.find((item) => keyOf(item) === name) : undefined
    const next = found ?? (isCollection(at) ? at.items[Number(name)] : undefined)
    if (next === undefined) break
    const start = (found ? (found.key as Node) : (next as Node)).range?.[0]
    if (start !== undefined) line = lines.linePos(start).line
    at = (found ? found.value : next) as Node | null
  }
  return line
}

const keyOf = ({ key }: Pair) => (isScalar(key) ? String(key.value) : undefined)

/**
 * The line of a field in the text of `pipeline/task/record.ts`: in the contract of the raw file that has `path: '<file>'`, or, without a file, in
 * `recordSchema`. People write that file in their own way, so this reads lines, not code; a field that is not found is where its contract begins.
 */
export function lineOfField(text: string, field: string, file?: string): number {
  const lines = text.split('\n')
  const isContract = (line: string) =>
    file === undefined ? /\brecordSchema\s*=/.test(line) : /\bpath:\s*(['"`])(.*?)\1/.exec(line)?.[2] === file
  const isField = (line: string) => /^\s*(['"]?)([^'":]+?)\1\s*:/.exec(line)?.[2] === field
  const from = Math.max(0, lines.findIndex(isContract))
  const found = lines.findIndex((line, index) => index > from && isField(line))
  return (found < 0 ? from : found) + 1
}
