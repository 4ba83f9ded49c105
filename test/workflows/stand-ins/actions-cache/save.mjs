import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entriesIn, folderOf, key, paths, scopes, version } from './store.mjs'

const [own] = scopes
const there = paths.some((path) => existsSync(path))
if (process.env.STATE_hit === 'true') console.log(`Cache hit occurred on the primary key ${key}, not saving cache.`)
else if (!there)
  console.log(
    '::warning::Path Validation Error: Path(s) specified in the action for caching do(es) not exist, hence no cache is being saved.',
  )
else if (entriesIn(own).some((entry) => entry.key === key && entry.version === version))
  console.log(`Failed to save: Unable to reserve cache with key ${key}`)
else save()

/** A run writes to its own scope only: what a pull request keeps, main never reads. */
function save() {
  const folder = folderOf(own, key)
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  for (const [index, path] of paths.entries())
    if (existsSync(path)) cpSync(path, join(making, String(index)), { recursive: true, verbatimSymlinks: true })
  writeFileSync(join(making, 'entry.json'), JSON.stringify({ key, version, at: Date.now() }))
  try {
    renameSync(making, folder)
    console.log(`Cache saved with key: ${key}`)
  } catch {
    rmSync(making, { recursive: true })
    console.log(`Failed to save: Unable to reserve cache with key ${key}, another job may be creating this cache.`)
  }
}
