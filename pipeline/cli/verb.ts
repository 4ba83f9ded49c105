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
