// HTTP/1.1 as far as the load generators need it: cheap, so that they take little from what they measure.

/** A request for one prediction, as it goes over the wire. */
export function predictRequest(
  to: { readonly port: number; readonly key: string; readonly body: string },
  connection = 'keep-alive',
): Buffer {
  const head = [
    'POST /v1/predict HTTP/1.1',
    `host: 127.0.0.1:${to.port}`,
    `authorization: Bearer ${to.key}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(to.body)}`,
    `connection: ${connection}`,
  ]
  return Buffer.from([...head, '', to.body].join('\r\n'))
}

/** The status of the answer in what a connection has sent so far (Latin-1), once it is whole; undefined before. */
export function statusOf(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN)
  return text.length >= end + 4 + length ? text.slice(9, 12) : undefined
}
