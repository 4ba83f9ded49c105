import { InputError } from '../errors.ts'
import { type Context, openContext } from '../steps/context.ts'
import type { Terminal } from './terminal.ts'

/** The values of a verb's options, by name. */
export type Options = { readonly [option: string]: string | boolean | undefined }

/** What a verb is called with: read once, in `cli.ts`. */
export type Call = {
  readonly root: string
  readonly env: NodeJS.ProcessEnv
  readonly terminal: Terminal
  readonly options: Options
}

/** A verb's answer: as text for people, as JSON for programs. */
export type Answer = { readonly code: 0 | 1; readonly json: unknown; readonly text: string }

export type Verb = {
  /** One line, for the list of verbs. */
  readonly what: string
  /** What else its own page says. */
  readonly more: readonly string[]
  /** What must follow the verb, where it is several in one: `options.word` is one of these. */
  readonly words?: readonly string[]
  readonly options: {
    readonly [option: string]: { readonly type: 'string' | 'boolean'; readonly value?: string; readonly what: string }
  }
  readonly run: (call: Call) => Promise<Answer>
}

/** The context of the steps, from what the command line was called with. */
export function contextOf({ root, env, terminal }: Call): Promise<Context> {
  return openContext({ root, tracking: env, say: terminal.say, progress: terminal.progress })
}

/** The text of an option, or what stands for it where it was left out. */
export function text(call: Call, option: string, standard: string): string {
  const value = call.options[option]
  return typeof value === 'string' ? value : standard
}

/** The text of an option that the verb cannot do without. Throws `InputError` where it is missing. */
export function needed(call: Call, verb: string, option: string): string {
  const value = text(call, option, '')
  if (value === '') throw new InputError(`${verb}: --${option} is missing; see \`npm run ${verb} -- --help\``)
  return value
}

/** Ends when the process is asked to: Ctrl-C, or SIGTERM. Called once a process. */
export function interruption(): AbortSignal {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort())
  return interrupted.signal
}
