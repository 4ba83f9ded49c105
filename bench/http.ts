// HTTP/1.1 as far as the load generators need it: cheap, so that they take little from what they measure.

export type Post = {
  readonly port: number
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** A POST of JSON, as it goes over the wire to this machine. */
export function post({ port, path, headers, body }: Post, connection = 'keep-alive'): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `connection: ${connection}`,
  ]
  return Buffer.from([...head, '', body].join('\r\n'))
}

/** A request for predictions. */
export const predictRequest = (
  { port, key, body }: { readonly port: number; readonly key: string; readonly body: string },
  connection?: string,
) => post({ port, path: '/v1/predict', headers: { authorization: `Bearer ${key}` }, body }, connection)

/** The status of the answer in what a connection has sent so far (Latin-1), once it is whole, by its length or its last chunk; undefined before. */
export function statusOf(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1]
  const whole = length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length)
  return whole ? text.slice(9, 12) : undefined
}
