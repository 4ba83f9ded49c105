import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'

// The same bundle on the same backend predicts the same bits; another machine's arithmetic may differ in the last ones.
const tolerance = 1e-3
const batch = 50

/**
 * Asks a server for the golden records of its bundle. Returns what it got wrong, in one line, or null when every prediction is within
 * 0.1 % of what the model predicted when it was made.
 */
export async function smokeTest({
  url,
  key,
  bundle,
  digest,
}: {
  url: string
  key: string
  bundle: string
  digest: string
}): Promise<string | null> {
  const lines = (await readFile(join(bundle, 'golden.jsonl'), 'utf8')).trimEnd().split('\n')
  const golden = lines.map((line) => JSON.parse(line) as { record: unknown; prediction: number })
  for (let from = 0; from < golden.length; from += batch) {
    const part = golden.slice(from, from + batch)
    const answer = await ask(
      url,
      key,
      part.map(({ record }) => record),
    ).catch((error: Error) => error.message)
    if (typeof answer === 'string') return `golden records from ${from + 1}: ${answer}`
    if (answer.digest !== digest) return `the server answers with the model ${answer.digest}, not ${digest}`
    const wrong = part.findIndex(({ prediction }, index) => !close(answer.predictions[index], prediction))
    if (wrong >= 0)
      return `golden record ${from + wrong + 1}: predicted ${answer.predictions[wrong]}, the bundle says ${part[wrong]?.prediction}`
  }
  return null
}

async function ask(
  url: string,
  key: string,
  records: readonly unknown[],
): Promise<string | { digest: string; predictions: number[] }> {
  const answer = await request(`${url}/v1/predict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) return `${answer.statusCode} ${text.slice(0, 300)}`
  return JSON.parse(text) as { digest: string; predictions: number[] }
}

function close(got: unknown, expected: number): boolean {
  return typeof got === 'number' && Math.abs(got - expected) <= tolerance * Math.max(1, Math.abs(expected))
}
