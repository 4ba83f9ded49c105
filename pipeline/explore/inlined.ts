import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A script that is part of a page, and the word of a Content-Security-Policy that allows it and no other: `'sha256-…'`. */
export type InlinedScript = { readonly code: string; readonly allowed: string }

/** The scripts of a page with charts: Vega, its interpreter of expressions, and ours, 540 KB together. Throws Error where a package is not as it was when it was pinned. */
export async function inlinedScripts(): Promise<readonly InlinedScript[]> {
  const vega = await readFile(join(folderOf('vega'), 'vega.min.js'), 'utf8')
  const interpreter = await readFile(join(folderOf('vega-interpreter'), 'vega-interpreter.js'), 'utf8')
  const ours = await readFile(join(import.meta.dirname, 'page.js'), 'utf8')
  return [vega, plain(interpreter), `(() => {\n${ours}})()`].map(inlined)
}

const folderOf = (name: string) =>
  dirname(fileURLToPath(import.meta.resolve(name === 'vega' ? 'vega' : 'vega-interpreter')))

/** The interpreter is a module, and a page without a host has none: its import becomes Vega's own, its export a constant. */
function plain(module: string): string {
  const [, names, exported] = /^import \{([^}]+)\} from 'vega-util';([\s\S]*)$/m.exec(module) ?? []
  const [, body, local] = /^([\s\S]*)\nexport \{ (\w+) as expressionInterpreter \};/.exec(exported ?? '') ?? []
  if (names === undefined || body === undefined || local === undefined)
    throw new Error(
      'vega-interpreter: its module is not written as the pinned version was; mend pipeline/explore/inlined.ts',
    )
  return `const interpreter = (() => {\nconst {${names}} = vega;${body}\nreturn ${local};\n})()`
}

function inlined(text: string): InlinedScript {
  const code = text.replace(/^\/\/# sourceMappingURL=.*$/m, '').trim()
  // Within a script, HTML ends it at these, wherever they stand.
  if (/<\/script|<!--/i.test(code)) throw new Error('a script that is inlined must not hold </script or <!--')
  return { code, allowed: `'sha256-${createHash('sha256').update(code).digest('base64')}'` }
}
