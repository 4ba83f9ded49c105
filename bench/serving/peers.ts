import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { networkAsOnnx } from '../../pipeline/onnx/export.ts'
import { readNetwork, type Step } from '../../pipeline/predicting/network.ts'
import { freePort } from '../../pipeline/release/targets/ports.ts'
import { loadBundle } from '../../pipeline/tracking/bundle.ts'
import { exampleRecord } from '../bundle.ts'
import { type Started, start, untilReady } from '../processes.ts'
import { peerEnvironment } from '../python-peers.ts'

const root = join(import.meta.dirname, '../..')
const scripts = join(import.meta.dirname, 'peers')
const environment = peerEnvironment('serving')

export type Peer = {
  readonly name: string
  readonly path: string
  readonly body: string
  /** What the answer to the body must be near to. */
  readonly expected: number
  readonly start: () => Promise<{ readonly server: Started; readonly port: number; readonly startedMs: number }>
}

/** The peers, on the weights of a bundle: they are asked with rows of features, which they neither make nor check. */
export async function peersOf(folder: string, bundleDir: string): Promise<readonly Peer[]> {
  const { network, dense, row, expected } = await exported(bundleDir)
  const onnx = join(folder, 'network.onnx')
  const layers = join(folder, 'layers.json')
  await mkdir(folder, { recursive: true })
  await writeFile(onnx, network)
  await writeFile(layers, JSON.stringify(dense.map(({ units, kernel, bias }) => [rowsOf(kernel, units), [...bias]])))
  const program = (name: string) => join(environment, 'bin', name)
  const peer = async (name: string, ready: string, path: string, body: object, launch: Launch): Promise<Peer> => ({
    name,
    path,
    body: JSON.stringify(body),
    expected,
    async start() {
      const port = await freePort()
      const [command, args, env = {}, cwd] = await launch(port)
      const server = start(command, args, { MODEL: onnx, PYTHONPATH: scripts, OMP_NUM_THREADS: '1', ...env }, cwd)
      try {
        return { server, port, startedMs: await untilReady(server, `http://127.0.0.1:${port}${ready}`, 120) }
      } catch (error) {
        await server[Symbol.asyncDispose]()
        throw error
      }
    },
  })
  const rows = { rows: [row] }
  const tensor = { name: 'rows', shape: [1, row.length], datatype: 'FP32', data: row }
  return Promise.all([
    peer('FastAPI + onnxruntime', '/ready', '/predict', rows, async (port) => [
      program('uvicorn'),
      ['fastapi_ort:app', '--port', `${port}`, '--no-access-log', '--log-level', 'warning'],
    ]),
    peer('MLServer + onnxruntime', '/v2/health/ready', '/v2/models/m/infer', { inputs: [tensor] }, async (port) => {
      const dir = join(folder, 'mlserver')
      await mkdir(dir, { recursive: true })
      const ports = { http_port: port, grpc_port: await freePort(), metrics_port: await freePort() }
      const server = { host: '127.0.0.1', parallel_workers: 0, debug: false, ...ports }
      await writeFile(join(dir, 'settings.json'), JSON.stringify(server))
      const model = { name: 'm', implementation: 'mlserver_runtime.Perceptron' }
      await writeFile(join(dir, 'model-settings.json'), JSON.stringify(model))
      return [program('mlserver'), ['start', dir]]
    }),
    peer('mlflow models serve', '/ping', '/invocations', { inputs: [row] }, async (port) => {
      const dir = join(folder, 'mlflow')
      const venv = join(root, '.venv', 'bin')
      if (!existsSync(dir)) await execa(join(venv, 'python'), [join(scripts, 'save_mlflow.py'), layers, dir])
      const args = [
        'models',
        'serve',
        '--model-uri',
        dir,
        '--env-manager',
        'local',
        '--port',
        `${port}`,
        '--workers',
        '1',
      ]
      return [join(venv, 'mlflow'), args, { PATH: `${venv}:${process.env['PATH']}` }]
    }),
    peer('BentoML + onnxruntime', '/readyz', '/predict', rows, async (port) => [
      program('bentoml'),
      ['serve', 'bento_service:Perceptron', '--port', `${port}`, '--host', '127.0.0.1'],
      {
        BENTOML_HOME: join(folder, 'bentoml'),
        BENTOML_DO_NOT_TRACK: 'true',
        PATH: `${environment}/bin:${process.env['PATH']}`,
      },
      scripts,
    ]),
  ])
}

type Launch = (
  port: number,
) => Promise<readonly [string, readonly string[], Readonly<Record<string, string>>?, string?]>

type Dense = Extract<Step, { kind: 'dense' }>

/** A bundle's network as ONNX and as its dense layers (rectifiers lie between them), the first record's row of features, and its prediction. */
async function exported(dir: string) {
  let network: Buffer = Buffer.of()
  let dense: readonly Dense[] = []
  let row: readonly number[] = []
  const bundle = await loadBundle(dir, {
    evaluator(model, tensorflow) {
      network = networkAsOnnx(model)
      const read = readNetwork(model)
      dense = typeof read === 'string' ? [] : read.steps.filter((step) => step.kind === 'dense')
      return {
        evaluate(rows) {
          row = [...(rows[0] as Float32Array)]
          return tensorflow(rows)
        },
      }
    },
  })
  const [expected = Number.NaN] = bundle.predict([exampleRecord])
  bundle.dispose()
  return { network, dense, row, expected }
}

const rowsOf = (kernel: Float32Array, units: number) =>
  Array.from({ length: kernel.length / units }, (_, input) => [...kernel.subarray(input * units, (input + 1) * units)])
