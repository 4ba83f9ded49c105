import { parseDocument } from 'yaml'
import { InputError } from './errors.ts'

/**
 * Parses one YAML document into plain values. Aliases are refused above 20 (a bomb otherwise) and custom tags never run code.
 * Throws InputError with file, line and column.
 */
export function parseYaml(text: string, where: string): unknown {
  // What it would warn of on stderr by itself is either an error below or an unknown key later.
  const document = parseDocument(text, { uniqueKeys: true, strict: true, prettyErrors: true, logLevel: 'error' })
  const wrong = document.errors[0] ?? document.warnings[0]
  if (wrong) {
    const at = wrong.linePos?.[0]
    throw new InputError(
      `${where}${at ? `:${at.line}:${at.col}` : ''}: not valid YAML: ${wrong.message.split('\n')[0]}`,
    )
  }
  try {
    return document.toJS({ maxAliasCount: 20 })
  } catch (cause) {
    const unknown = /^Unresolved alias .*: (.*)$/s.exec((cause as Error).message)?.[1]
    if (unknown === undefined) throw new InputError(`${where}: too many YAML aliases; write the values out`, { cause })
    throw new InputError(`${where}: not valid YAML: the alias *${unknown.slice(0, 80)} names nothing before it`, {
      cause,
    })
  }
}
