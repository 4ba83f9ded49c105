import { nameOf, type Release } from '../release/release.ts'
import { type Block, type Status, symbols } from './blocks.ts'
import { markdownText, oneLine } from './escape.ts'
import { renderBlocks } from './markdown.ts'

/** What the notes of a release tell. `card` and `evidence` are Markdown that our own steps made, of escaped words; the rest may be anybody's. */
export type ReleaseNotes = {
  readonly tag: string
  readonly environment: string
  /** What the rollout came to, in the words of `deploy`. */
  readonly outcome: string
  /** Null where another release overtook it before it was one. */
  readonly release: Release | null
  /** What the environment ran before; null when it was the first. */
  readonly previous: Release | null
  /** The verdict, and what it was drawn from. */
  readonly evidence: string
  /** The model card, which compares the model with the champion of its day. */
  readonly card: string
  /** Where the model card lies, for a card that is too long. */
  readonly cardUrl?: string
}

/** GitHub takes 125,000 characters in the body of a release. */
const mostCharacters = 125_000
const mostEvidence = 40_000
/** For what says that there is more, and where; people who leave less room keep their text. */
const fewest = 1000
/** Git takes a tag of some 250 bytes. */
const longestTitle = 300
const [begin, end] = ['<!-- mergeline:release -->', '<!-- /mergeline:release -->']

type Told = Pick<Status, 'tone'> & { readonly words: (where: string) => string }
const statuses: ReadonlyMap<string, Told> = new Map([
  ['promoted', { tone: 'good', words: (where) => `runs in ${where}` }],
  ['unchanged', { tone: 'good', words: (where) => `runs in ${where}, as before` }],
  ['superseded', { tone: 'unsure', words: (where) => `was superseded in ${where}: a newer release overtook it` }],
  ['testing', { tone: 'unsure', words: (where) => `is in an a/b test in ${where}` }],
  ['held', { tone: 'unsure', words: (where) => `is held in ${where}: not decided, and not serving` }],
  ['rolled back', { tone: 'bad', words: (where) => `was rolled back in ${where}` }],
])

/** Whether an outcome is a success in production: not so of a rehearsal, in which nobody outside was served. */
export const isSuccess = ({ outcome, release }: Pick<ReleaseNotes, 'outcome' | 'release'>): boolean =>
  (outcome === 'promoted' || outcome === 'unchanged') && release?.rehearsal === false

/** The title of a tag's release, plain text to GitHub: what was no success says so. */
export function releaseTitle({ tag, outcome, release }: Pick<ReleaseNotes, 'tag' | 'outcome' | 'release'>): string {
  const marks = [
    ...(outcome === 'promoted' || outcome === 'unchanged' ? [] : [outcome]),
    ...(release?.rehearsal ? ['rehearsal'] : []),
  ]
  return oneLine(`${tag}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`, longestTitle)
}

/**
 * The notes of a release as GitHub's Markdown, at most 125,000 characters: what came of it and where, the model and the one before it, the evidence, and the model card, folded.
 * `before` is the release's text so far: what people wrote there stays, and our own part is replaced.
 */
export function releaseNotes(notes: ReleaseNotes, before = ''): string {
  const [above, below] = around(before)
  const head = `${above}${begin}\n\n${headOf(notes)}`
  const room = mostCharacters - head.length - below.length - end.length - 10
  if (room < fewest) return before
  const evidence = cut(notes.evidence.trim(), Math.min(mostEvidence, room - fewest))
  const card = folded('Model card', notes.card)
  const shown = notes.card !== '' && card.length + evidence.length <= room
  return `${[head, evidence, ...(shown ? [card] : cardElsewhere(notes)), end].join('\n\n')}${below}\n`
}

function headOf({ tag, environment, outcome, release, previous }: ReleaseNotes): string {
  const { tone, words } = statuses.get(outcome) ?? { tone: 'unsure' as const, words: () => outcome }
  const rehearsal: readonly Block[] = release?.rehearsal
    ? [{ kind: 'paragraph', text: 'A rehearsal: its servers ran on the runner, and nobody outside was served.' }]
    : []
  const rows = release
    ? [
        ['model', nameOf(release)],
        ['digest', { code: release.model.digest }],
        ['fingerprint', { code: release.model.fingerprint }],
        ...(release.image ? [['image', { code: release.image }] as const] : []),
        ['commit', { code: release.commit }],
        ['before it', previous ? nameOf(previous) : 'nothing: the first'],
      ]
    : []
  const table: readonly Block[] = release
    ? [{ kind: 'table', caption: 'Released', columns: [{ name: 'what' }, { name: 'value' }], rows }]
    : []
  const status = { tone: release?.rehearsal && tone === 'good' ? ('unsure' as const) : tone, words: words(environment) }
  const title = `## ${symbols[status.tone]} ${markdownText(`${tag} ${status.words}`)}`
  return `${title}\n\n${renderBlocks([...rehearsal, ...table])}`.trim()
}

function cardElsewhere({ card, cardUrl }: ReleaseNotes): readonly string[] {
  if (cardUrl === undefined) return []
  return [
    `${card === '' ? 'The model card' : 'The model card is too long to be shown here; it'} is [with the model](${cardUrl}).`,
  ]
}

const folded = (summary: string, markdown: string) =>
  `<details><summary>${summary}</summary>\n\n${markdown.trim()}\n\n</details>`

/** A text's first lines, whole, and that there is more. A fence that was opened is closed. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text
  const lines = text.slice(0, longest).split('\n').slice(0, -1)
  const fences = lines.filter((line) => /^`{3,}/.test(line))
  const open = fences.length % 2 === 1 ? [fences.at(-1)?.match(/^`+/)?.[0] ?? ''] : []
  return [...lines, ...open, '', 'There is more in the log of the run.'].join('\n')
}

/** What stands before and after our part. */
function around(before: string): readonly [string, string] {
  const text = before.replaceAll('\r\n', '\n')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from >= 0 && to > from) return [text.slice(0, from), text.slice(to + end.length).trimEnd()]
  return [text.trim() === '' ? '' : `${text.trimEnd()}\n\n`, '']
}
