/** Every step on a laptop, the way CI runs it: `node pipeline/cli.ts <verb>`, or `npm run <verb> -- <options>`. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { exitCodeOf, messageOf } from './cli/failure.ts'
import { helpOf, overview } from './cli/help.ts'
import { createTerminal } from './cli/terminal.ts'
import type { Options, Verb } from './cli/verb.ts'
import { isVerb, verbs } from './cli/verbs.ts'
import { InputError } from './errors.ts'

/** The repository that this file belongs to, from whichever folder it is called. */
const root = join(import.meta.dirname, '..')
const terminal = createTerminal(process.stderr, process.stdout)

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    terminal.answer(overview())
    return name === undefined ? 2 : 0
  }
  if (!isVerb(name))
    throw new InputError(
      `${name} is not a verb; known: ${Object.keys(verbs).join(', ')} (\`node pipeline/cli.ts --help\`)`,
    )
  const verb: Verb = verbs[name]
  const options = optionsOf(name, args)
  if (options['help']) {
    terminal.answer(helpOf(name))
    return 0
  }
  const { code, json, text } = await verb.run({ root, env: process.env, terminal, options })
  terminal.answer(options['json'] ? JSON.stringify(json) : text)
  return code
}

function optionsOf(name: keyof typeof verbs, args: readonly string[]): Options {
  const common = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' } } as const
  const { options: declared, words }: Verb = verbs[name]
  const own = Object.entries(declared).map(([option, { type }]) => [option, { type }])
  try {
    const options = { ...common, ...Object.fromEntries(own) }
    const parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: words !== undefined })
    const [word, ...more] = parsed.positionals
    if (words && !(parsed.values as Options)['help'] && (more.length > 0 || !words.includes(word ?? '')))
      throw new Error(`one of ${words.join(', ')} must follow`)
    return { ...(parsed.values as Options), word }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    const dashes = /positional|Unexpected argument/.test(String(why)) ? ' (with npm, put -- before options)' : ''
    throw new InputError(`${name}: ${why}${dashes}; see \`npm run ${name} -- --help\``, { cause })
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (process.argv.includes('--json'))
    terminal.answer(JSON.stringify({ error: { code: exitCodeOf(error), message: messageOf(error) } }))
  terminal.say(terminal.paint('red', messageOf(error)))
  process.exitCode = exitCodeOf(error)
}
