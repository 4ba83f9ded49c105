import { InputError } from '../errors.ts'
import { environmentNames } from '../release/environment.ts'
import { nameOf, type Release } from '../release/release.ts'
import { type Attempt, at, type Span, type Timeline, timelineOf } from '../release/timeline.ts'
import { oneLine } from '../report/escape.ts'
import type { Answer, Call, Verb } from './verb.ts'

const shown = 20
const widest = 300

/** The verb `history`: what ran where, when, and why it left. */
export const historyVerb = {
  what: 'tell what each environment ran and when, and why it left; --at: what ran then',
  more: ['Read from the branch releases alone: nothing is asked of servers or registry, and nothing is changed.'],
  options: {
    environment: { type: 'string', value: 'name', what: 'only this one (default: all)' },
    at: { type: 'string', value: 'time', what: 'what ran at this time, as 2026-07-01T12:00:00Z, and why it left' },
  },
  run: async (call) => {
    const asked = call.options['environment']
    const known = await environmentNames(call.root)
    if (typeof asked === 'string' && !known.includes(asked))
      throw new InputError(`history: there is no environment ${JSON.stringify(asked)}; known: ${known.join(', ')}`)
    const names = typeof asked === 'string' ? [asked] : known
    const timelines = await Promise.all(names.map((name) => timelineOf(call.root, name)))
    return call.options['at'] === undefined ? all(timelines) : then(timelines, timeOf(call))
  },
} as const satisfies Verb

function timeOf({ options }: Call): Date {
  const time = new Date(String(options['at']))
  if (Number.isNaN(time.getTime()))
    throw new InputError(`history: --at must be a time, as 2026-07-01T12:00:00Z, got ${JSON.stringify(options['at'])}`)
  return time
}

function all(timelines: readonly Timeline[]): Answer {
  const text = timelines.map(({ environment, spans, attempts, stale }) => {
    const rows = [
      ...spans.map((span) => ({ since: span.since, text: describeSpan(span) })),
      ...attempts.map((attempt) => ({ since: attempt.since, text: describeAttempt(attempt) })),
    ].sort((a, b) => Date.parse(b.since) - Date.parse(a.since))
    const more = rows.length > shown ? [`  … and ${rows.length - shown} earlier (--json has all)`] : []
    const none = rows.length === 0 ? ['  nothing was released yet'] : []
    return [environment, ...none, ...rows.slice(0, shown).map((row) => row.text), ...more, ...known(stale)].join('\n')
  })
  return { code: 0, json: timelines, text: text.join('\n\n') }
}

function then(timelines: readonly Timeline[], time: Date): Answer {
  const found = timelines.map((timeline) => ({ environment: timeline.environment, ...at(timeline, time) }))
  const text = found.map(({ environment, span, attempts }, index) =>
    [
      `${environment} at ${time.toISOString()}`,
      span ? describeSpan(span) : '  nothing had been promoted yet',
      ...attempts.map(describeAttempt),
      ...known(timelines[index]?.stale),
    ].join('\n'),
  )
  return { code: 0, json: found, text: text.join('\n\n') }
}

const known = (stale: string | undefined) =>
  stale === undefined ? [] : [`  origin could not be asked (${oneLine(stale, widest)}): this is what it said last`]

const named = (release: Release) =>
  `${nameOf(release)} of ${release.commit.slice(0, 12)}${release.rehearsal ? ', a rehearsal' : ''}`

function describeSpan({ release, since, until, came, left, overriddenBy }: Span): string {
  const word = overriddenBy ? ` on the word of ${oneLine(overriddenBy, widest)}` : ''
  const end = until === null ? 'runs now' : `until ${until}: ${oneLine(left ?? '', widest)}`
  return `  ${since}  ${named(release)}, ${came}${word}\n      ${end}`
}

function describeAttempt({ release, since, until, end }: Attempt): string {
  const how = until === null ? 'on its way' : `until ${until}: ${oneLine(end ?? '', widest)}`
  return `  ${since}  ${named(release)}, on trial\n      ${how}`
}
