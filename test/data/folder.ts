import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export type Folder = { readonly root: string; [Symbol.dispose](): void }

/** A folder with `data/` as given; removed by `using`. */
export function folderWith(files: { readonly [path: string]: string | Buffer }): Folder {
  const root = mkdtempSync(join(tmpdir(), "mergeline it's [data] "))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}
