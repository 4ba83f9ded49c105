import { appendFileSync, cpSync, mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { entriesIn, key, paths, prefixes, scopes, version } from './store.mjs'

const found = lookUp()
if (found) {
  for (const [index, path] of paths.entries()) {
    const kept = join(found.folder, String(index))
    if (!readdirSync(found.folder).includes(String(index))) continue
    // As tar does: what is there already and not in the cache stays.
    mkdirSync(dirname(path), { recursive: true })
    cpSync(kept, path, { recursive: true, verbatimSymlinks: true })
  }
  console.log(`Cache restored from key: ${found.key}`)
} else console.log(`Cache not found for input keys: ${[key, ...prefixes].join(', ')}`)
appendFileSync(process.env.GITHUB_OUTPUT, `cache-hit=${found ? found.key === key : ''}\n`)
appendFileSync(process.env.GITHUB_STATE, `hit=${found?.key === key}\n`)

/** The very key first, then the newest that begins like one of the others; within the run's own scope, then its base's and main's. */
function lookUp() {
  for (const scope of scopes) {
    const entries = entriesIn(scope).filter((entry) => entry.version === version)
    const like = [(name) => name === key, ...prefixes.map((prefix) => (name) => name.startsWith(prefix))]
    for (const fits of like) {
      const [newest] = entries.filter((entry) => fits(entry.key)).sort((a, b) => b.at - a.at)
      if (newest) return newest
    }
  }
}
