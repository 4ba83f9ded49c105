import { readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { init, parse } from 'es-module-lexer'

export type Closure = {
  /** Repository-relative path → source, of the entry and all it imports. */
  readonly files: ReadonlyMap<string, string>
  /** Packages imported by any of them. */
  readonly packages: ReadonlySet<string>
}

/**
 * Every file that runs when `entry` (relative to `root`) is imported, and the packages these files import. An import of types
 * alone decides nothing and is not followed. Throws for an import whose name is computed: what it loads could not be known.
 */
export async function importClosure(root: string, entry: string): Promise<Closure> {
  await init
  const files = new Map<string, string>()
  const packages = new Set<string>()
  const visit = async (file: string): Promise<void> => {
    if (files.has(file)) return
    const source = await readFile(join(root, file), 'utf8')
    files.set(file, source)
    for (const name of importsOf(file, source)) {
      if (name.startsWith('.')) await visit(posix.join(dirname(file), name))
      else if (!name.startsWith('node:') && !builtinModules.includes(name)) packages.add(packageOf(name))
    }
  }
  await visit(entry)
  return { files, packages }
}

function importsOf(file: string, source: string): string[] {
  if (file.endsWith('.json')) return []
  const [imports] = parse(source)
  return imports.flatMap((found) => {
    if (found.type === 'import-meta' || (found.type !== 'dynamic' && found.typeOnly)) return []
    if (typeof found.specifier === 'string' && !(found.type === 'dynamic' && found.glob)) return [found.specifier]
    throw new Error(`${file}: an import with a computed name cannot be part of the fingerprint; import by a literal`)
  })
}

const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
