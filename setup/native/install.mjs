// TensorFlow's own kernels for TensorFlow.js. Its package would download a library from a host of its own; PyPI's wheel of TensorFlow has the same library, with
// hashes, so the addon between the two is compiled against that: some 10 s, 250 MB to download, 700 MB on disk. Only where `backend: native` is asked for.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { call, findPython, nodeHeaders, npm, once, uvFor } from '../install.mjs'

const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']
/** The newest version of Node-API that the package knows; where it looks for its addon follows from it. */
const nodeApi = 8

/** Makes the backend `native`, in setup/native. Linux on x64 only: throws elsewhere, and without a C++ compiler. */
export async function nativeFor(root) {
  const dir = join(root, 'setup', 'native')
  const locks = ['package-lock.json', 'requirements.txt', 'install.mjs'].map((name) => join(dir, name))
  const addon = join(dir, `node_modules/@tensorflow/tfjs-node/lib/napi-v${nodeApi}/tfjs_binding.node`)
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `set-up: the backend native is made on Linux x64 only, this is ${process.platform} ${process.arch}; set wasm or cpu`,
    )
  await once(root, 'native', locks, addon, "TensorFlow's own kernels (250 MB)", async () => {
    await call('g++', ['--version'], root, {
      cure: 'install a C++ compiler (on Debian and Ubuntu: apt install g++) and try again',
    })
    await npm(dir, ['ci', '--ignore-scripts'])
    const wheel = await wheelFor(root, dir)
    await compile(root, dir, wheel, addon)
    rmSync(wheel, { recursive: true, force: true })
  })
}

/** TensorFlow's wheel, unpacked; its libraries go to setup/native/lib. */
async function wheelFor(root, dir) {
  const wheel = join(dir, 'wheel')
  const lib = join(dir, 'lib')
  for (const old of [wheel, lib]) rmSync(old, { recursive: true, force: true })
  const uv = await uvFor(root)
  // Nothing of it is run by Python: any version's wheel will do, whatever Python the machine has.
  const which = ['--no-deps', '--only-binary', ':all:', '--python-version', '3.12', '--python', await findPython()]
  const from = ['--require-hashes', '-r', join(dir, 'requirements.txt')]
  await call(uv, ['pip', 'install', '--quiet', '--target', wheel, ...which, ...from], root)
  mkdirSync(lib)
  for (const name of libraries) renameSync(join(wheel, 'tensorflow', name), join(lib, name))
  return wheel
}

async function compile(root, dir, wheel, addon) {
  const source = join(dir, 'node_modules', '@tensorflow', 'tfjs-node')
  const sources = readdirSync(join(source, 'binding')).filter((name) => name.endsWith('.cc'))
  const include = [await nodeHeaders(root), join(wheel, 'tensorflow', 'include'), source].map((path) => `-I${path}`)
  const link = [`-L${join(dir, 'lib')}`, ...libraries.map((name) => `-l:${name}`)]
  mkdirSync(join(addon, '..'), { recursive: true })
  const beside = `${addon}.new`
  await call(
    'g++',
    [
      ...['-O2', '-shared', '-fPIC', '-std=c++17', `-DNAPI_VERSION=${nodeApi}`, ...include],
      ...sources.map((name) => join(source, 'binding', name)),
      ...link,
      // From the addon to setup/native/lib, wherever the repository is.
      '-Wl,-rpath,$ORIGIN/../../../../../lib',
      ...['-o', beside],
    ],
    root,
  )
  renameSync(beside, addon)
}
