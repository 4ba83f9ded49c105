/**
 * Writes the sample: `node pipeline/data/sample/main.ts`. Then `dvc add data` and `dvc push`, and commit data.dvc, .dvc/remote and floor.json.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeSample } from './sample.ts'

const root = join(import.meta.dirname, '../../..')
const { files, statement } = makeSample()
const all = { ...files, 'pipeline/data/sample/floor.json': `${JSON.stringify(statement, null, 2)}\n` }
for (const [path, text] of Object.entries(all)) {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  // Beside, then renamed: an interrupted run leaves no half file.
  writeFileSync(`${file}.part`, text)
  renameSync(`${file}.part`, file)
  console.log(`${path}: ${text.length} bytes`)
}
