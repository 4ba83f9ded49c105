import { join, resolve } from 'node:path'
import { contextOf, text, type Verb } from './verb.ts'

/** The verb `explore`: a page about the data. */
export const exploreVerb = {
  what: 'look at the data: distributions, gaps, outliers, what goes with the target, seasons; one HTML page',
  more: [
    'Looks at each raw file and at the records that ingest makes of them, in bounded memory. The page needs no host, and its charts answer the pointer.',
    'A training that comes after is logged with the charts, and the report of evaluate-gate tells what stands out.',
    'Of fields that the schema calls private it shows the name and nothing else.',
  ],
  options: {
    output: {
      type: 'string',
      value: 'folder',
      what: 'where explore.html and charts/*.svg go (default: .mergeline/explore)',
    },
    against: {
      type: 'string',
      value: 'commit',
      what: 'whose data to compare with: a commit, branch or tag; none (default: the champion’s, where production has one)',
    },
  },
  run: async (call) => {
    const { explore } = await import('../steps/explore.ts')
    const folder = resolve(text(call, 'output', join(call.root, '.mergeline', 'explore')))
    const ref = text(call, 'against', '')
    const against = ref === 'none' ? undefined : ref === '' ? 'champion' : { ref }
    const found = await explore(await contextOf(call), folder, against)
    const lines = found.standsOut.map((line) => `  - ${line.replace(/\p{Cc}/gu, '\ufffd')}`)
    return { code: 0, json: found, text: ['explore: what stands out', ...lines, '', `Page: ${found.html}`].join('\n') }
  },
} as const satisfies Verb
