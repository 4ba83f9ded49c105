// The door of every npm script: brings what is missing (Node 24, packages, DVC and MLflow), then runs the verb on Node 24.
// Plain JavaScript for Node ≥ 20, because it runs before anything is installed.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { githubFor, nodeFor, packagesFor, pythonFor, readOrEmpty } from './install.mjs'
import { nativeFor } from './native/install.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [verb, ...rest] = process.argv.slice(2)
/** Test files that run at once: many wait, for a disk, a clock or another process, and the cores should not. */
const atOnce = availableParallelism() + 2
/** Test files with real tools that run at once, on any machine: each starts servers and programs of its own, and waits for them much of the time. */
const withTools = 2

/** What a verb runs on Node 24, and whether it needs DVC and MLflow, and GitHub's description of its API. */
function plan() {
  const bin = (name) => join(root, 'node_modules', ...name)
  switch (verb) {
    case 'setup':
      return { python: true, commands: [] }
    case 'native':
      return { native: true, commands: [] }
    case 'setup:packages':
      return { commands: [] }
    case 'test':
      return {
        python: false,
        commands: [testing(atOnce, 10, 'test/**/*.test.ts')],
      }
    case 'test:integration':
      return {
        python: true,
        github: true,
        commands: [testing(withTools, 30, 'test/**/*.itg.ts')],
      }
    case 'test:workflows':
      return {
        python: true,
        github: true,
        commands: [testing(withTools, 30, 'test/workflows/**/*.act.ts')],
      }
    case 'bench':
      return { python: true, commands: [[join('bench', 'main.ts'), ...rest]] }
    case 'check':
      return {
        python: false,
        commands: [
          [
            bin(['@biomejs', 'biome', 'bin', 'biome']),
            'ci',
            '--error-on-warnings',
            process.stdout.isTTY ? '--colors=force' : '--colors=off',
          ],
          [bin(['typescript', 'bin', 'tsc'])],
          [bin(['knip', 'bin', 'knip.js'])],
        ],
      }
    case 'check:workflows':
      return { commands: [[join('setup', 'check-workflows.mjs')]] }
    default:
      return { python: true, commands: [[join('pipeline', 'cli.ts'), ...process.argv.slice(2)]] }
  }
}

/** Runs the test files that were named, else all. One that hangs fails after `minutes`, and says which it is; who asked for more repetitions waits for as long as they take. */
function testing(concurrency, minutes, all) {
  const limit = process.env.MERGELINE_REPETITIONS ? [] : [`--test-timeout=${minutes * 60_000}`]
  return ['--test', `--test-concurrency=${concurrency}`, ...limit, ...(rest.length > 0 ? rest : [all])]
}

/**
 * Where Node keeps what it compiled while tests run: they start it a thousand times, and half of what a start takes is to strip types and to compile. Begun anew each
 * time, for the folders of tests have other names then; never beside what trains or serves, because what is kept here is run unread.
 */
function emptyCache() {
  const folder = join(root, '.mergeline', 'compiled')
  rmSync(folder, { recursive: true, force: true })
  return folder
}

function run(node, args) {
  // The old Node of the machine must not come back through a child's PATH.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
  if (verb?.startsWith('test')) env.NODE_COMPILE_CACHE ??= emptyCache()
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env })
  // Ctrl-C reaches the child through the terminal; it decides how to end, and we wait for it.
  const ignore = () => {}
  const forward = () => child.kill('SIGTERM')
  process.on('SIGINT', ignore).on('SIGTERM', forward)
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`${node}: ${error.message}\n`)
      resolve(2)
    })
    child.on('exit', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1))
    })
  })
}

/** Whether params.yaml trains by kernels that are made here: then they are there before anything trains or is tested. */
function trainsNatively() {
  if (['check', 'check:workflows', 'setup:packages'].includes(verb)) return false
  return /^\s+backend:\s*native\b/m.test(readOrEmpty(join(root, 'params.yaml')))
}

try {
  const { python, github, native = trainsNatively(), commands } = plan()
  const node = await nodeFor(root)
  await packagesFor(root)
  if (python) await pythonFor(root)
  if (github) await githubFor(root)
  if (native) await nativeFor(root)
  for (const command of commands) {
    process.exitCode = await run(node, command)
    if (process.exitCode !== 0) break
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
