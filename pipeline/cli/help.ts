import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'

/** The page that lists all verbs. */
export function overview(): string {
  const width = Math.max(...Object.keys(verbs).map((name) => name.length))
  return [
    'Mergeline: the model that was reviewed is the model that ships.',
    '',
    'Usage: npm run <verb> -- [options]     or: node pipeline/cli.ts <verb> [options]   (Node ≥ 24.12)',
    '',
    ...Object.entries(verbs).map(([name, { what }]) => `  ${name.padEnd(width)}  ${what}`),
    '',
    'Every verb takes --help, and --json for one line of JSON on stdout. What is told on the way goes to stderr.',
    'Exit codes: 0 done, 1 refused by data, gate, verdict or a hold, 2 wrong use or a broken environment.',
    'Environment: MLFLOW_TRACKING_URI (and _TOKEN, or _USERNAME and _PASSWORD) for a shared MLflow server; NO_COLOR.',
  ].join('\n')
}

/** The page of one verb. */
export function helpOf(name: keyof typeof verbs): string {
  const { what, options, more, words }: Verb = verbs[name]
  const all: readonly (readonly [string, string])[] = [
    ...Object.entries(options).map(
      ([option, { value, what: does }]) => [`--${option}${value ? ` <${value}>` : ''}`, does] as const,
    ),
    ['--json', 'answer with one line of JSON'],
    ['--help', 'this page'],
  ]
  const width = Math.max(...all.map(([option]) => option.length))
  return [
    `${name}: ${what}`,
    ...(words ? ['', `Usage: npm run ${name} -- ${words.join('|')} [options]`] : []),
    '',
    ...more,
    '',
    ...all.map(([option, does]) => `  ${option.padEnd(width)}  ${does}`),
  ].join('\n')
}
