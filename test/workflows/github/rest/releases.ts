import { rmSync } from 'node:fs'
import { loginOf, meets } from '../credentials.ts'
import { shownRelease } from '../shown/release.ts'
import { nextId, now, type Release, type State } from '../state.ts'
import type { World } from '../world.ts'
import { createTag } from './git-refs.ts'
import { type Body, type Call, found, invalid, notFound, paged, type Route, refuse } from './route.ts'

const releases = '/repos/{owner}/{repo}/releases'
const [reads, writes] = [[['contents', 'read']] as const, [['contents', 'write']] as const]

/** Releases hold this many characters of notes (https://docs.github.com/repositories/releasing-projects-on-github/about-releases). */
const notesLimit = 125_000

/** Releases. One that is published makes its tag where there is none. */
export const releaseRoutes: readonly Route[] = [
  {
    operation: `GET ${releases}`,
    needs: reads,
    answer: (call) =>
      paged(
        call,
        call.world.state.releases
          .filter(({ draft }) => !draft || meets(call.who, writes, call.world.state))
          .toReversed(),
        (release) => shownRelease(call.world, release),
      ),
  },
  {
    operation: `GET ${releases}/latest`,
    needs: reads,
    answer: ({ world }) =>
      found(
        world.state.releases.findLast(({ latest, draft, prerelease }) => latest && !draft && !prerelease),
        (release) => shownRelease(world, release),
      ),
  },
  {
    operation: `GET ${releases}/tags/{tag}`,
    needs: reads,
    answer: ({ world, params }) =>
      found(
        world.state.releases.find(({ tag, draft }) => !draft && tag === params['tag']),
        (release) => shownRelease(world, release),
      ),
  },
  {
    operation: `GET ${releases}/{release_id}`,
    needs: reads,
    answer: ({ world, params }) =>
      found(releaseOf(world.state, params['release_id']), (release) => shownRelease(world, release)),
  },
  { operation: `POST ${releases}`, needs: writes, answer: create },
  {
    operation: `PATCH ${releases}/{release_id}`,
    needs: writes,
    answer: update,
  },
  {
    operation: `DELETE ${releases}/{release_id}`,
    needs: writes,
    answer({ world: { state }, params }) {
      const release = releaseOf(state, params['release_id'])
      if (!release) return notFound
      for (const asset of state.assets.filter(({ releaseId }) => releaseId === release.id)) {
        state.assets.splice(state.assets.indexOf(asset), 1)
        rmSync(asset.file, { force: true })
      }
      state.releases.splice(state.releases.indexOf(release), 1)
      return { status: 204 }
    },
  },
]

export const releaseOf = ({ releases: all }: State, id = '') => all.find((release) => release.id === Number(id))

async function create({ world, who, body }: Call) {
  const { state } = world
  const { tag_name: tag, target_commitish: target = 'main', name = null, body: notes = null } = body
  const { draft = false, prerelease = false } = body
  if (!draft && state.releases.some((release) => !release.draft && release.tag === tag))
    return invalid('Release', 'tag_name', 'already_exists')
  const release: Release = {
    ...{ id: nextId(state), author: loginOf(who), createdAt: now(), tag, target, name, body: notes },
    ...{ draft, prerelease, latest: false, immutable: false, publishedAt: null },
  }
  const refused = wrongNotes(notes) ?? (draft ? undefined : await publish(world, who, release, body))
  if (refused) return refused
  state.releases.push(release)
  return { status: 201, body: shownRelease(world, release) }
}

async function update({ world, who, params, body }: Call) {
  const release = releaseOf(world.state, params['release_id'])
  if (!release) return notFound
  const { tag_name: tag, target_commitish: target, name, body: notes, draft, prerelease } = body
  const next = { ...release, ...defined({ tag, target, name, body: notes, draft, prerelease }) }
  const taken = () =>
    !next.draft && world.state.releases.some((each) => each !== release && !each.draft && each.tag === next.tag)
  if (taken()) return invalid('Release', 'tag_name', 'already_exists')
  const publishes = !next.draft && (release.draft || next.tag !== release.tag)
  const refused = wrongNotes(next.body) ?? (publishes ? await publish(world, who, next, body) : undefined)
  if (refused) return refused
  // Another may have been published while the tag was made.
  if (taken()) return invalid('Release', 'tag_name', 'already_exists')
  if (!publishes && body.make_latest === 'true') makeLatest(world.state, next)
  Object.assign(release, next)
  return { body: shownRelease(world, release) }
}

const defined = (fields: { readonly [name: string]: unknown }) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const wrongNotes = (notes: string | null) =>
  (notes?.length ?? 0) > notesLimit
    ? invalid('Release', 'body', 'custom', `body is too long (maximum is ${notesLimit} characters)`)
    : undefined

/** Makes the tag, and says which release is the latest: by default this one, unless it is a prerelease. */
async function publish(world: World, who: Call['who'], release: Release, body: Body) {
  const refused = await createTag(world, who, release.tag, release.target)
  if (refused) return refuse(422, 'Validation Failed', [{ resource: 'Release', ...refused }])
  release.publishedAt = now()
  release.immutable = world.state.immutableReleases
  if (body.make_latest === 'true' || (body.make_latest !== 'false' && !release.prerelease))
    makeLatest(world.state, release)
  return undefined
}

function makeLatest(state: State, release: Release): void {
  for (const each of state.releases) each.latest = false
  release.latest = true
}
