import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError } from '../../errors.ts'
import { gatewayAddress, readMembers, tokenFile } from './gateway-client.ts'
import { isTaken } from './ports.ts'
import { end, lastLines, launch, processesOf } from './processes.ts'

const id = 'gateway'
const startMs = 30_000

/**
 * Makes sure that the environment's gateway runs on its port, from the code in `code`; one that runs is left alone, whatever code it runs.
 * Throws InputError naming port, file and cure when somebody else has the port.
 */
export async function ensureGateway(
  state: string,
  environment: string,
  port: number,
  code: () => Promise<string>,
): Promise<void> {
  const known = await answering(state)
  if (known?.port === port) return
  // Another port was configured since, or it hangs.
  await end(state, id)
  const inUse = () =>
    new InputError(
      `port ${port} is in use by another process; stop that one, or choose another port in environments/${environment}/environment.yaml, host.port`,
    )
  if (await isTaken(port)) throw inUse()
  const log = join(state, 'logs', 'gateway.log')
  await mkdir(join(state, 'logs'), { recursive: true })
  await rm(join(state, 'gateway.json'), { force: true })
  await launch(state, {
    id,
    cwd: await code(),
    script: 'serve/gateway.ts',
    log,
    env: {
      MERGELINE_GATEWAY_HOST: '127.0.0.1',
      MERGELINE_GATEWAY_PORT: String(port),
      MERGELINE_GATEWAY_STATE: state,
      MERGELINE_GATEWAY_TOKEN_FILE: tokenFile(state),
      NODE_COMPILE_CACHE: join(state, 'compile-cache'),
    },
  })
  for (const until = Date.now() + startMs; Date.now() < until; await sleep(30)) {
    if ((await answering(state))?.port === port) return
    if (!(await processesOf(state)).some((process) => process.id === id)) {
      if (await isTaken(port)) throw inUse()
      throw new InputError(`the gateway of ${environment} ended as it started: ${await lastLines(log)} (${log})`)
    }
  }
  await end(state, id, 0)
  throw new InputError(
    `the gateway of ${environment} did not answer within ${startMs / 1000} s: ${await lastLines(log)} (${log})`,
  )
}

/** The address of a gateway that is ours, alive and answers. */
async function answering(state: string) {
  const running = (await processesOf(state)).filter((process) => process.id === id)
  const address = await gatewayAddress(state)
  if (!address || !running.some(({ pid }) => pid === address.pid)) return undefined
  // On a machine that is busy it may take its time: only who says nothing three times hangs, and ending it costs clients their requests.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const told = await readMembers(state).catch(() => undefined)
    if (told) return address
  }
  return undefined
}
