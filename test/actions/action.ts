import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { parse } from 'yaml'
import { compileCache } from '../compile-cache.ts'

const here = join(import.meta.dirname, '../..')

export const actionNames = ['validate-data', 'train', 'evaluate-gate', 'register', 'deploy', 'report'] as const
export type ActionName = (typeof actionNames)[number]

type Described = { readonly description: string; readonly default?: string }
export type ActionFile = {
  readonly name: string
  readonly description: string
  readonly inputs?: { readonly [name: string]: Described }
  readonly outputs: { readonly [name: string]: Described }
  readonly runs: { readonly using: string; readonly main: string }
}

export async function actionFile(name: string, root = here): Promise<ActionFile> {
  return parse(await readFile(join(root, 'actions', name, 'action.yml'), 'utf8')) as ActionFile
}

export type Ended = {
  readonly code: number | undefined
  readonly log: string
  readonly outputs: { readonly [name: string]: string }
  readonly summary: string
  /** From the start of the process to its first line, in ms. */
  readonly firstLineMs: number
}

export type Start = {
  /** GITHUB_WORKSPACE; the actions are those that lie there, or ours. */
  readonly workspace: string
  readonly actions?: string
  readonly inputs?: { readonly [name: string]: string }
  /** The job's token, which `${{ github.token }}` stands for. */
  readonly token?: string
  readonly env?: { readonly [name: string]: string | undefined }
  /** The job is cancelled when the log has this. */
  readonly cancelWhen?: RegExp
}

/**
 * Starts an action as the runner does: Node on its `main`, in the workspace, with the inputs of the workflow and `action.yml`'s defaults as `INPUT_*`, and files for
 * outputs and job summary. The environment holds nothing else but what is given, and where Node keeps what it compiled.
 */
export async function start(
  name: ActionName,
  { workspace, actions = here, inputs = {}, token = '', env = {}, cancelWhen }: Start,
): Promise<Ended> {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-action-'))
  const [output, summary] = [join(dir, 'output'), join(dir, 'summary')]
  await Promise.all([writeFile(output, ''), writeFile(summary, '')])
  try {
    const file = await actionFile(name, actions)
    const defaults = Object.entries(file.inputs ?? {}).map(([input, { default: value = '' }]) => [
      input,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the expression as action.yml has it
      value.replace('${{ github.token }}', token),
    ])
    const given = Object.entries({ ...Object.fromEntries(defaults), ...inputs })
    const began = performance.now()
    const child = execa(process.execPath, [join(actions, 'actions', name, file.runs.main)], {
      cwd: workspace,
      env: {
        ...compileCache,
        PATH: process.env['PATH'],
        HOME: dir,
        GITHUB_WORKSPACE: workspace,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        ...Object.fromEntries(
          given.map(([input, value]) => [`INPUT_${input.replaceAll(' ', '_').toUpperCase()}`, value]),
        ),
        ...env,
      },
      extendEnv: false,
      reject: false,
      all: true,
      stdin: 'ignore',
    })
    const first = new Promise<number>((resolve) => {
      child.all?.once('data', () => resolve(performance.now() - began))
      child.all?.once('end', () => resolve(Number.NaN))
    })
    child.all?.on('data', (text) => {
      // The runner's first signal; the others come only to those that do not end.
      if (cancelWhen?.test(String(text))) child.kill('SIGINT')
    })
    const { exitCode, all } = await child
    return {
      code: exitCode,
      log: all,
      outputs: outputsOf(await readFile(output, 'utf8')),
      summary: await readFile(summary, 'utf8'),
      firstLineMs: Math.round(await first),
    }
  } finally {
    await rm(dir, { recursive: true })
  }
}

/** The runner's reading of the file of outputs: `name<<delimiter`, the value's lines, the delimiter. */
function outputsOf(text: string): { [name: string]: string } {
  const found = text.matchAll(/^(\S+)<<(ghadelimiter_\S+)\n(.*?)\n\2$/gms)
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value]))
}

/** The lines that a runner obeys, as it finds them (actions/runner, `ActionCommand.cs`). */
export function commandsIn(log: string): readonly string[] {
  return log.split(/\r\n|\r|\n/).filter((line) => line.trimStart().startsWith('::') || line.includes('##['))
}
