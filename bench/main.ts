/** Side-by-side measurements: `npm run bench -- <name>`. Each is a folder or a file of its own here, named in `benches`. */
import { parseArgs } from 'node:util'
import { type Bench, benches } from './benches.ts'
import { tableOf } from './table.ts'

const usage = () =>
  [
    'usage: npm run bench -- <name> [--quick] [--size <n>] [--json]',
    '',
    ...Object.entries(benches).map(([name, { describe }]) => `  ${name.padEnd(12)} ${describe}`),
    '',
    'Figures are ratios of what ran side by side in one go, or counts: machines are noisy. Exit codes: 0 every goal reached, 1 one was missed, 2 wrong use.',
  ].join('\n')

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      size: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [name = '', ...more] = positionals
  const bench: Bench | undefined = Object.hasOwn(benches, name) ? benches[name] : undefined
  if (values.help) console.log(usage())
  else if (!bench || more.length > 0 || (values.size !== undefined && !/^[1-9]\d*$/.test(values.size))) {
    console.error(usage())
    process.exitCode = 2
  } else {
    const say = (line: string) => console.error(line)
    const {
      title,
      rows,
      notes = [],
      missed = [],
    } = await bench.run({
      quick: values.quick ?? false,
      say,
      ...(values.size === undefined ? {} : { size: Number(values.size) }),
    })
    if (values.json) console.log(JSON.stringify({ name, title, rows, notes, missed }))
    else console.log([title, '', tableOf(rows), '', ...notes, ...missed.map((goal) => `MISSED: ${goal}`)].join('\n'))
    process.exitCode = missed.length > 0 ? 1 : 0
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
