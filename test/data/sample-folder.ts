import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { makeSample } from '../../pipeline/data/sample/sample.ts'

/** The sample's files, made once per test file. */
export const { files: sampleFiles, statement } = makeSample()

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

/** The sample with one file changed line by line; a line's number is 1 for the header, and `null` deletes it. */
export function sampleWith(
  path: string,
  change: (line: string, number: number) => string | null,
): { [path: string]: string } {
  const lines = (sampleFiles[path] ?? '').split('\n')
  const changed = lines.map((line, index) => (line === '' ? line : change(line, index + 1)))
  return { ...sampleFiles, [path]: changed.filter((line) => line !== null).join('\n') }
}

/** Changes one column of a CSV line without quotes. */
export function withCell(line: string, column: number, change: (value: string) => string): string {
  return line
    .split(',')
    .map((value, index) => (index === column ? change(value) : value))
    .join(',')
}
