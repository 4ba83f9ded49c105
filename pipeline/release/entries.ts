import { stringify } from 'yaml'
import type { Asked, Decision, Over, Seen } from './asked.ts'
import { promotedBefore } from './decided.ts'
import { findRelease, releasePath } from './history.ts'
import { releaseMessage } from './message.ts'
import { closingOf } from './queue.ts'
import { refuseMessage, resumeMessage, supersedeMessage } from './queue-message.ts'
import { whyRefused } from './record.ts'
import { formatRelease, type Held, sameRelease } from './release.ts'

/** Carries on the open release where it is this one; else records this one, which overtakes in the same commit all that is not decided. */
export async function go(asked: Asked, { tip, now, releases, open, answer, others }: Seen): Promise<Decision> {
  const { root, environment, release, holder, request, policy } = asked
  const same = sameRelease(now.release, release)
  if (open && same && (request === undefined || open.entry === answer)) {
    const releaseCommit = open.entry.commit
    if (open.holder === holder.name) return { kind: 'go', releaseCommit, entry: { already: releaseCommit } }
    const message = resumeMessage(environment, release, releaseCommit, holder.name)
    return { kind: 'go', releaseCommit, entry: { files: {}, message } }
  }
  if (!open && same && request === undefined) {
    const known = await findRelease(root, tip, environment, 'recorded', (file) => sameRelease(file.release, release))
    if (known) return { kind: 'go', releaseCommit: known.releaseCommit, entry: { already: known.releaseCommit } }
  }
  const supersedes = [...releases, ...others].map(({ commit }) => commit)
  const files = {
    [releasePath(environment)]: formatRelease({ release, held: now.held }),
    [`environments/${environment}/environment.yaml`]: stringify(policy),
  }
  const message = releaseMessage(environment, release, { holder: holder.name, request, supersedes })
  return { kind: 'go', entry: { files, message } }
}

/** Records that a release was overtaken, once: its request, or its own entry where it was being rolled out. */
export async function superseded(asked: Asked, seen: Seen, reason: string): Promise<Over> {
  const { environment, release, order } = asked
  const { entries, mine, answer, open } = seen
  const over = { kind: 'over', outcome: 'superseded', reason } as const
  const { commit } = release
  const closings = [mine, answer].map((entry) => entry && closingOf(entries, entry.commit))
  const left = answer ? (open?.entry === answer ? answer : undefined) : closings[0] ? undefined : mine
  const before = entries.find(({ kind, about }) => kind === 'supersede' && about === commit)
  const said = closings.find((entry) => entry !== undefined) ?? (order === 'history' ? before : undefined)
  if (!left && said) return { ...over, entry: { already: said.commit } }
  const { files, back } = await without(asked, seen)
  const told = { commit, why: reason, back, supersedes: left ? [left.commit] : [] }
  return { ...over, entry: { files, message: supersedeMessage(environment, told) } }
}

/** Records that a request was refused, once, with the older ones that it had overtaken. */
export async function refused(asked: Asked, seen: Seen, hold: Held): Promise<Over> {
  const { environment, release } = asked
  const { entries, mine, answer, open, others } = seen
  const over = { kind: 'over', outcome: 'refused', reason: whyRefused(environment, hold, release) } as const
  const closed = mine && closingOf(entries, mine.commit)
  if (!mine || closed) return { ...over, entry: { already: closed?.commit ?? '' } }
  const { files } = await without(asked, seen)
  const supersedes = [...others, ...(answer && open?.entry === answer ? [answer] : [])].map(({ commit }) => commit)
  const message = refuseMessage(environment, { release, why: hold.why, request: mine.commit, supersedes })
  return { ...over, entry: { files, message } }
}

/** release.yaml without the release that was being rolled out, where that is the one that is over: it names what was promoted last. */
async function without({ root, environment }: Asked, { tip, now, open, answer }: Seen) {
  if (!open || open.entry !== answer) return { files: {}, back: now.release }
  const back = await promotedBefore(root, tip, environment, open.entry.commit, null)
  return { files: { [releasePath(environment)]: formatRelease({ release: back, held: now.held }) }, back }
}
