import type { Terminal } from '../cli/terminal.ts'
import { type Answer, command } from './command.ts'
import type { Scratch } from './scratch.ts'

/** Tells the demo while it happens: chapters, what is done in them and what came of it. */
export type Story = {
  readonly scratch: Scratch
  readonly chapter: (title: string, why: string) => void
  /** What happened, in a line. */
  readonly tell: (line: string) => void
  /** Does a git command, and shows it. */
  readonly git: (...args: readonly string[]) => Promise<string>
  /** Runs a verb, shows it, and throws when its exit code is not the one that the story needs. */
  readonly verb: <T>(args: readonly string[], expected?: 0 | 1) => Promise<Answer<T>>
}

export function createStory({ say, progress, paint }: Terminal, scratch: Scratch): Story {
  const started = performance.now()
  let chapters = 0
  const clock = () => `${((performance.now() - started) / 1000).toFixed(0).padStart(3)} s`
  const show = (line: string) => say(`  ${paint('dim', clock())}  ${line}`)
  return {
    scratch,
    chapter: (title, why) => {
      chapters += 1
      say(`\n${paint('bold', `${chapters}. ${title}`)}\n   ${why}`)
    },
    tell: (line) => show(line),
    git: async (...args) => {
      const output = await scratch.git(...args)
      show(
        paint(
          'cyan',
          `git ${args
            .filter((arg) => arg !== '--quiet')
            .map(quoted)
            .join(' ')}`,
        ),
      )
      return output
    },
    verb: async <T>(args: readonly string[], expected: 0 | 1 = 0) => {
      const typed = `npm run ${args[0]}${args.length > 1 ? ` -- ${args.slice(1).map(quoted).join(' ')}` : ''}`
      progress(`  ${clock()}  ${typed} …`)
      const answer = await command<T>(scratch, args, (line) => progress(`  ${clock()}  ${typed}: ${line}`))
      show(paint('cyan', typed))
      if (answer.code === expected) return answer
      throw new Error(
        `demo: \`${typed}\` should have ended with ${expected} and ended with ${answer.code}:\n${answer.told.slice(-12).join('\n')}`,
      )
    },
  }
}

const quoted = (arg: string) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)
