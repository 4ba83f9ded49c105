import { makeSample } from '../../pipeline/data/sample/sample.ts'

/** The sample's files, made once per test file. */
export const { files: sampleFiles, statement } = makeSample()

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
