import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { type Started, start } from '../processes.ts'

/** HAProxy's version; undefined where it is not installed. */
export async function haproxyVersion(): Promise<string | undefined> {
  const { stdout, failed } = await execa('haproxy', ['-v'], { reject: false })
  return failed ? undefined : /version (\S+)/.exec(stdout)?.[1]
}

/**
 * Starts HAProxy on `port` before a server, with what the gateway does as far as HAProxy can: a draw per request between two arms, retries, the client's address, a
 * request id, connections kept alive and shared on both sides. One thread, no log.
 */
export async function startHaproxy(folder: string, port: number, server: number): Promise<Started> {
  const file = join(folder, 'haproxy.cfg')
  const backend = (arm: string) => `
backend ${arm}
  server ${arm} 127.0.0.1:${server} maxconn 256
  http-request set-header x-mergeline-arm ${arm}`
  await writeFile(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 65s
  timeout server 30s
  timeout http-request 10s
  option forwardfor
  option http-keep-alive
  http-reuse always
  retries 1
  option redispatch
  retry-on conn-failure empty-response
frontend clients
  bind 127.0.0.1:${port}
  unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
  unique-id-header x-request-id
  option http-buffer-request
  use_backend canary if { rand(100) lt 10 }
  default_backend stable
${backend('stable')}
${backend('canary')}
`,
  )
  return start('haproxy', ['-db', '-f', file], {})
}
