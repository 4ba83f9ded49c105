// What `npm run check` is for code, for workflows and actions: actionlint reads their logic, zizmor their security, and every remote action is pinned.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zizmorFor } from './install.mjs'

const ACTIONLINT = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const colour = process.stdout.isTTY && !process.env.NO_COLOR

/** Each `uses:` of another repository without a commit and, beside it, its version. */
function unpinned() {
  const folders = [
    '.github/workflows',
    '.github/actions/setup',
    ...readdirSync(join(root, 'actions')).map((name) => `actions/${name}`),
  ]
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => `${folder}/${name}`),
  )
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        /\buses:\s*(?!\.\/|\s)/.test(line) && !/\buses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)
          ? [`${file}:${index + 1}: ${line.trim()}: pin it as owner/name@<40 hex digits> # v1.2.3`]
          : [],
      ),
  )
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error?.code === 'ENOENT') {
    console.error(`check:workflows: ${command} is missing; install Go ≥ 1.24 from https://go.dev/dl and try again`)
    return 2
  }
  return status ?? 1
}

const loose = unpinned()
for (const line of loose) console.error(line)
const codes = [
  loose.length > 0 ? 1 : 0,
  run('go', ['run', ACTIONLINT, ...(colour ? ['-color'] : ['-no-color'])]),
  run(await zizmorFor(root), ['--offline', '--pedantic', '--quiet', `--color=${colour ? 'always' : 'never'}`, '.']),
]
process.exitCode = Math.max(...codes)
if (process.exitCode === 0) console.log('workflows: actionlint and zizmor find nothing, every remote action is pinned')
