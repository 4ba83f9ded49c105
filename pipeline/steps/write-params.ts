import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isNode, parseDocument } from 'yaml'
import { InputError } from '../errors.ts'
import { writeWhole } from '../files.ts'
import { parseParams } from '../params.ts'
import type { Point } from '../training/search/space.ts'

/** Puts a point's values into the section `train` of `params.yaml`. Nothing else of the file changes: comments, order and spaces stay. */
export async function writeParams(root: string, point: Point): Promise<void> {
  const file = join(root, 'params.yaml')
  await writeWhole(file, withTrain(await readFile(file, 'utf8'), point))
}

/** The same on text. Throws InputError for a value that is not written out there. */
export function withTrain(text: string, point: Point): string {
  const document = parseDocument(text)
  const places = Object.entries(point).map(([key, value]) => {
    const node = document.getIn(['train', ...key.split('.')], true)
    if (!isNode(node) || !node.range)
      throw new InputError(`params.yaml: train.${key} is not written out there; write it, then run this again`)
    return { from: node.range[0], to: node.range[1], text: inYaml(value) }
  })
  // From the end, so that earlier places stay where they are.
  const changed = places
    .toSorted((a, b) => b.from - a.from)
    .reduce((all, { from, to, text }) => all.slice(0, from) + text + all.slice(to), text)
  parseParams(changed)
  return changed
}

/** A value as people write it in YAML: `[24, 12]`. */
export function inYaml(value: Point[string]): string {
  if (typeof value === 'object') return `[${value.map(inYaml).join(', ')}]`
  return typeof value === 'string' && /^[a-z_]\w*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/.test(value)
    ? value
    : JSON.stringify(value)
}
