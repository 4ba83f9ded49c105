import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Mlflow } from './mlflow.ts'
import { unreachable } from './mlflow-error.ts'

/** Times that a file is asked for whose answer breaks off in the middle. */
const ATTEMPTS = 3

/** Streams one artifact into a new file and returns its bytes; an answer that breaks off is asked for again. `refuse` may end it, by bytes seen. */
export async function downloadFile(
  mlflow: Mlflow,
  path: string,
  to: string,
  refuse: (bytes: number) => Error | null,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const answer = await mlflow.send({ method: 'GET', path })
    let arrived = 0
    let brokenOff: unknown
    answer.body.once('error', (error) => {
      brokenOff = error
    })
    const count = new Transform({
      transform: (part: Buffer, _, done) => {
        arrived += part.length
        done(refuse(part.length), part)
      },
    })
    try {
      await pipeline(answer.body, count, createWriteStream(to))
      return arrived
    } catch (error) {
      // A refusal or a full disk breaks the body off too, but is itself the error.
      if (error !== brokenOff) throw error
      if (attempt === ATTEMPTS)
        throw unreachable({ method: 'GET', path, uri: mlflow.uri, hide: mlflow.hide }, error, attempt)
    }
  }
}
