import { readFile } from 'node:fs/promises'
import { InputError } from '../../pipeline/errors.ts'
import { findRelease, releaseFileAt } from '../../pipeline/release/history.ts'
import { fetchLedger } from '../../pipeline/release/ledger.ts'
import { markdownText } from '../../pipeline/report/escape.ts'
import { isSuccess, type ReleaseNotes, releaseNotes, releaseTitle } from '../../pipeline/report/release-notes.ts'
import { type GitHub, openGitHub } from './github.ts'
import { say } from './log.ts'
import { readModelCard } from './model-store.ts'
import { refusal } from './refusal.ts'
import type { ReleaseInputs } from './report-inputs.ts'
import type { Reported } from './report-run.ts'
import type { Runner } from './runner.ts'
import { keepRelease } from './tag-release.ts'

/** Writes the notes of the pushed tag's GitHub release: what its rollout came to, and the evidence. Where the token may not, they are for the job summary, which is no failure. */
export async function reportRelease(runner: Runner, inputs: ReleaseInputs): Promise<Reported> {
  const tag = tagOf(runner)
  if (inputs.outcome === 'superseded' && (await onceRan(runner, inputs.environment))) {
    const why = `${tag} was promoted before, and what was written then stays: a re-run was overtaken by what came after it`
    say(`report: ${why}`)
    return { result: tag, posted: 'newer', summary: `${markdownText(why)}.\n` }
  }
  const github = openGitHub(runner, inputs.token)
  const notes = await notesOf(runner.root, github, tag, inputs)
  const title = releaseTitle(notes)
  const kept = await keepRelease(github, tag, (before, name) => ({
    // A title of somebody's own stays.
    name: isOurs(tag, name) ? title : name,
    body: releaseNotes(notes, before),
    // What was no success in production must not look like the newest that works.
    prerelease: !isSuccess(notes),
    make_latest: isSuccess(notes) ? 'true' : 'false',
  })).catch(refusal)
  if ('refused' in kept) {
    const warning = `GitHub does not let this job write the release of ${tag} (${kept.refused}), so its notes are in the job summary; give the job the permission contents: write`
    return { result: title, posted: 'summary', summary: releaseNotes(notes), warning }
  }
  say(`report: the release of ${tag}: ${kept.posted}`)
  return { result: title, ...kept, summary: `[The release of the tag](${kept.url}): ${kept.posted}.\n` }
}

const isOurs = (tag: string, title: string) => title === '' || title === tag || title.startsWith(`${tag} (`)

/** Whether the environment promoted the tagged commit once: the run is a re-run, long after. */
async function onceRan({ root, github: { sha } }: Runner, environment: string): Promise<boolean> {
  const { tip } = await fetchLedger(root)
  return (await findRelease(root, tip, environment, 'promoted', ({ release }) => release?.commit === sha)) !== null
}

function tagOf({ github: { ref } }: Runner): string {
  const [, tag] = /^refs\/tags\/(.+)$/.exec(ref) ?? []
  if (tag === undefined)
    throw new InputError(
      `the notes of a release are written for a pushed tag, and this run is for ${JSON.stringify(ref)}; use it in a workflow with \`on: push: tags\``,
    )
  return tag
}

async function notesOf(root: string, github: GitHub, tag: string, inputs: ReleaseInputs): Promise<ReleaseNotes> {
  const { environment, outcome, releaseCommit, evidence } = inputs
  const { release } = await releaseFileAt(root, releaseCommit || null, environment)
  const another = (entry: { releaseCommit: string }) => entry.releaseCommit !== releaseCommit
  const previous = release ? await findRelease(root, releaseCommit, environment, 'promoted', another) : null
  const { card, url } = await cardOf(github, inputs.card, release?.model.digest)
  return {
    tag,
    environment,
    outcome,
    release,
    previous: previous?.release ?? null,
    evidence: evidence ? await readFile(evidence, 'utf8') : '',
    card,
    ...(url ? { cardUrl: url } : {}),
  }
}

/** The given card, or the one that lies with the model. Notes without a card are better than none. */
async function cardOf(github: GitHub, file: string, digest?: string): Promise<{ card: string; url?: string }> {
  if (file) return { card: await readFile(file, 'utf8') }
  try {
    return (digest && (await readModelCard(github, digest))) || { card: '' }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    say(`report: without the model card: ${error.message}`)
    return { card: '' }
  }
}
