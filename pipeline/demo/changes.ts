import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadEnvironment } from '../release/environment.ts'
import { freePort, isTaken } from '../release/targets/ports.ts'

/** One line of a file, and what it becomes: how the demo's data scientists change the scratch clone. */
export type Change = { readonly file: string; readonly from: string | RegExp; readonly to: string }

/** The model the story begins with: too small and stopped early, so that there is something to better. */
export const smallModel: readonly Change[] = [
  { file: 'params.yaml', from: /hidden: \[.*\]/, to: 'hidden: [6]' },
  { file: 'params.yaml', from: /\n {2}epochs: \d+/, to: '\n  epochs: 8' },
]

/**
 * A mistake that no offline check can see: training reads the weather in Fahrenheit and the record's range is widened to match, so that every figure under the
 * gate is as good as before. But production's clients go on sending Celsius.
 */
export const fahrenheit: readonly Change[] = [
  {
    file: 'pipeline/task/ingest.ts',
    from: 'temperature_c AS temperature_c, -- °C',
    to: 'round(temperature_c * 1.8 + 32, 1) AS temperature_c, -- °F',
  },
  {
    file: 'pipeline/task/record.ts',
    from: "const temperature = { minimum: -30, maximum: 50, unit: '°C' }",
    to: "const temperature = { minimum: -30, maximum: 130, unit: '°F' }",
  },
]

/** Other ports for the scratch clone's environments where somebody uses theirs: the demo must not fail because of the reader's own servers. */
export async function freePorts(root: string): Promise<readonly Change[]> {
  const changes: Change[] = []
  for (const name of ['staging', 'production']) {
    const { port } = (await loadEnvironment(root, name)).host
    if (!(await isTaken(port))) continue
    const file = `environments/${name}/environment.yaml`
    changes.push({ file, from: `port: ${port}`, to: `port: ${await freePort()}` })
  }
  return changes
}

/** Makes the changes under `root`. Throws when a line is not there: the story would be untrue. */
export async function makeChanges(root: string, changes: readonly Change[]): Promise<void> {
  for (const { file, from, to } of changes) {
    const before = await readFile(join(root, file), 'utf8')
    const after = before.replace(from, to)
    if (after === before)
      throw new Error(
        `demo: ${file} has no line ${from}; the demo tells the story of the sample task, restore the file to see it`,
      )
    await writeFile(join(root, file), after)
  }
}
