// What set-up installs, each skipped when nothing changed (a stamp holds the hash of its lock file) and begun again when interrupted.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cut } from './github/cut.mjs'

const WANTED_NODE = [24, 12]
const WANTED_PYTHON = [3, 10]

/** The path of a Node ≥ 24.12: the machine's own, else the one that `setup/node` pins, installed from npm. */
export async function nodeFor(root) {
  if (atLeast(process.versions.node, WANTED_NODE)) return process.execPath
  return join(await nodePackage(root), 'bin', 'node')
}

/** The folder of Node's own C headers: of the Node that runs, where it came with them. */
export async function nodeHeaders(root) {
  const own = join(process.execPath, '..', '..', 'include', 'node')
  return existsSync(join(own, 'node_api.h')) ? own : join(await nodePackage(root), 'include', 'node')
}

/** The folder of the npm package that is Node 24 itself. */
async function nodePackage(root) {
  const dir = join(root, 'setup', 'node')
  const name = `node-${process.platform}-${process.arch}`
  const made = join(dir, 'node_modules', name)
  if (!readFileSync(join(dir, 'package-lock.json'), 'utf8').includes(`node_modules/${name}"`)) {
    throw new Error(
      `set-up: Node ${process.versions.node} is too old and there is no npm package of Node 24 for ${process.platform} ${process.arch}; install Node ≥ ${WANTED_NODE.join('.')} and try again`,
    )
  }
  await once(
    root,
    'node',
    [join(dir, 'package-lock.json')],
    made,
    `Node 24 (this machine has ${process.versions.node})`,
    () => npm(dir, ['ci', '--ignore-scripts']),
  )
  return made
}

/** The npm packages that `package-lock.json` pins. No package's install script is run: none of ours needs one. */
export async function packagesFor(root) {
  await once(root, 'packages', [join(root, 'package-lock.json')], join(root, 'node_modules'), 'npm packages', () =>
    npm(root, ['ci', '--ignore-scripts']),
  )
}

/** DVC and MLflow, pinned with hashes, in the project's own `.venv`, by uv, which is itself pinned with hashes. */
export async function pythonFor(root) {
  const lock = (file) => join(root, 'setup', 'python', file)
  const venv = join(root, '.venv')
  await once(
    root,
    'python',
    [lock('uv.txt'), lock('requirements.txt')],
    join(venv, 'bin', 'mlflow'),
    'DVC and MLflow',
    async () => {
      const uv = await uvFor(root)
      if (!existsSync(join(venv, 'bin', 'python')))
        await call(uv, ['venv', '--quiet', '--clear', '--python', await findPython(), venv], root)
      await call(uv, ['pip', 'sync', '--quiet', '--python', venv, '--require-hashes', lock('requirements.txt')], root)
    },
  )
}

/** What of GitHub's own description of its REST API the tests of workflows need: half a megabyte of the package's 385. Returns its path. */
export async function githubFor(root) {
  const dir = join(root, 'setup', 'github')
  const made = join(root, '.mergeline', 'setup', 'github.json')
  const locks = ['package-lock.json', 'cut.mjs'].map((name) => join(dir, name))
  await once(root, 'github', locks, made, "GitHub's description of its REST API", async () => {
    await npm(dir, ['ci', '--ignore-scripts'])
    const packages = join(dir, 'node_modules')
    const file = join(packages, '@octokit', 'openapi', 'generated', 'api.github.com.json')
    writeFileSync(made, JSON.stringify(cut(JSON.parse(readFileSync(file, 'utf8')))))
    rmSync(packages, { recursive: true, force: true })
  })
  return made
}

/** uv, pinned with hashes. Returns its path. */
export async function uvFor(root) {
  const tools = join(root, '.mergeline', 'setup', 'uv')
  const uv = join(tools, 'bin', 'uv')
  if (existsSync(uv)) return uv
  rmSync(tools, { recursive: true, force: true })
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes']
  // --target instead of an environment of its own: works where Python came without ensurepip.
  await call(await findPython(), [...pip, '--target', tools, '-r', join(root, 'setup', 'python', 'uv.txt')], root, {
    cure: 'install pip for this Python (on Debian and Ubuntu: apt install python3-pip) and try again',
  })
  return uv
}

/** zizmor, which audits workflows, pinned with hashes, by uv. Returns its path. */
export async function zizmorFor(root) {
  const lock = join(root, 'setup', 'python', 'workflows.txt')
  const venv = join(root, '.mergeline', 'setup', 'zizmor')
  const zizmor = join(venv, 'bin', 'zizmor')
  await once(root, 'zizmor', [lock], zizmor, 'zizmor', async () => {
    const uv = await uvFor(root)
    await call(uv, ['venv', '--quiet', '--clear', '--python', await findPython(), venv], root)
    await call(uv, ['pip', 'sync', '--quiet', '--python', venv, '--require-hashes', lock], root)
  })
  return zizmor
}

/** Runs `install` unless the stamp says that these lock files are installed already. */
export async function once(root, name, locks, made, what, install) {
  const state = join(root, '.mergeline', 'setup')
  const stamp = join(state, `${name}.stamp`)
  const hash = createHash('sha256')
  for (const lock of locks) hash.update(readFileSync(lock))
  const wanted = hash.digest('hex')
  const done = () => existsSync(made) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
  if (done()) return
  mkdirSync(state, { recursive: true })
  const release = await lock(join(state, `${name}.lock`))
  try {
    if (done()) return
    const started = Date.now()
    process.stderr.write(`set-up: ${what} …\n`)
    rmSync(stamp, { force: true })
    await install()
    writeFileSync(stamp, wanted)
    process.stderr.write(`set-up: ${what} installed in ${Math.round((Date.now() - started) / 1000)} s\n`)
  } finally {
    release()
  }
}

/** Two commands started at once must not install into each other: the second waits for the first. */
async function lock(path) {
  for (let told = false; ; ) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw new Error(`set-up: cannot write ${path}: ${error.message}`)
    }
    if (!alive(Number(readOrEmpty(path)))) rmSync(path, { force: true })
    else if (!told) {
      process.stderr.write('set-up: waiting for another set-up of this folder …\n')
      told = true
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

function alive(pid) {
  if (!pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

export function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

export async function findPython() {
  const tried = []
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']) {
    const found = await call(
      name,
      ['-c', 'import sys; print(sys.executable, "%d.%d" % sys.version_info[:2], sep="\\n")'],
      '.',
    ).catch(() => '')
    const [path, version] = found.trim().split('\n')
    if (path && version && atLeast(version, WANTED_PYTHON)) return path
    if (version) tried.push(`${name} is ${version}`)
  }
  throw new Error(
    `set-up: no Python ≥ ${WANTED_PYTHON.join('.')} found${tried.length > 0 ? ` (${tried.join(', ')})` : ''}; install one and try again`,
  )
}

export function npm(cwd, args) {
  const cli = process.env.npm_execpath
  return cli ? call(process.execPath, [cli, ...args], cwd) : call('npm', args, cwd)
}

/** Runs a program; its output is shown only when it fails. */
export function call(command, args, cwd, { cure = 'the same command tries again and goes on where it stopped' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let all = ''
    child.stdout.on('data', (data) => {
      out += data
      all += data
    })
    child.stderr.on('data', (data) => {
      all += data
    })
    const failed = (why) => {
      const shown = all.trim().split('\n').slice(-15).join('\n')
      reject(new Error(`set-up: \`${[command, ...args].join(' ')}\` ${why}\n${shown}\n${cure}`))
    }
    child.on('error', (error) => failed(`could not be started: ${error.message}`))
    child.on('close', (code) => (code === 0 ? resolve(out) : failed(`ended with ${code}`)))
  })
}

function atLeast(version, [major, minor]) {
  const [a = 0, b = 0] = version.split('.').map(Number)
  return a > major || (a === major && b >= minor)
}
