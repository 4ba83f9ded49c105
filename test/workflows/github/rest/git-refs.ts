import { loginOf, type Who } from '../credentials.ts'
import { ask, git } from '../git/command.ts'
import { rulesFor } from '../git/in-force.ts'
import { pushed } from '../git/push.ts'
import { refusals } from '../git/rulesets.ts'
import { apiOf } from '../shown/repository.ts'
import { nodeId } from '../shown/user.ts'
import type { World } from '../world.ts'
import { type Answer, notFound, paged, type Route, refuse } from './route.ts'

const refs = '/repos/{owner}/{repo}/git/refs'
const [reads, writes] = [[['contents', 'read']] as const, [['contents', 'write']] as const]
const nothing = '0'.repeat(40)

/** Refs and tags. What the rulesets refuse to a push they refuse here. */
export const refRoutes: readonly Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}/git/ref/{ref}',
    needs: reads,
    answer: ({ world, params }) => shown(world, `refs/${params['ref']}`),
  },
  {
    operation: 'GET /repos/{owner}/{repo}/git/matching-refs/{ref}',
    needs: reads,
    async answer(call) {
      const names = await git(call.world.origin, ['for-each-ref', '--format=%(refname)'])
      const wanted = names.split('\n').filter((name) => name.startsWith(`refs/${call.params['ref']}`))
      return paged(call, wanted, async (name) => (await shown(call.world, name)).body)
    },
  },
  {
    operation: 'GET /repos/{owner}/{repo}/git/tags/{tag_sha}',
    needs: reads,
    answer: ({ world, params }) => shownTag(world, params['tag_sha'] ?? ''),
  },
  {
    operation: `POST ${refs}`,
    needs: writes,
    async answer({ world, who, body: { ref, sha } }) {
      if (await objectOf(world, ref)) return refuse(422, 'Reference already exists')
      return (await move(world, who, ref, sha, false)) ?? { ...(await shown(world, ref)), status: 201 }
    },
  },
  {
    operation: `PATCH ${refs}/{ref}`,
    needs: writes,
    async answer({ world, who, params, body: { sha, force = false } }) {
      const ref = `refs/${params['ref']}`
      if (!(await objectOf(world, ref))) return refuse(422, 'Reference does not exist')
      return (await move(world, who, ref, sha, force)) ?? shown(world, ref)
    },
  },
  {
    operation: `DELETE ${refs}/{ref}`,
    needs: writes,
    async answer({ world, who, params }) {
      const ref = `refs/${params['ref']}`
      if (!(await objectOf(world, ref))) return refuse(422, 'Reference does not exist')
      return (await move(world, who, ref, nothing, true)) ?? { status: 204 }
    },
  },
]

const objectOf = ({ origin }: World, ref: string) => ask(origin, ['rev-parse', '--verify', '--quiet', ref])

async function shown(world: World, ref: string): Promise<Answer> {
  const sha = await objectOf(world, ref)
  if (!sha) return notFound
  const type = await git(world.origin, ['cat-file', '-t', sha])
  const object = { sha, type, url: `${apiOf(world)}/git/${type}s/${sha}` }
  const url = `${apiOf(world)}/git/${ref.split('/').map(encodeURIComponent).join('/')}`
  return { body: { ref, node_id: nodeId('Ref', ref), url, object } }
}

async function shownTag(world: World, sha: string): Promise<Answer> {
  const isTag =
    /^[0-9a-f]{40}$/.test(sha) && (await ask(world.origin, ['cat-file', '-t', sha]).catch(() => null)) === 'tag'
  if (!isTag) return notFound
  const [head = '', ...message] = (await git(world.origin, ['cat-file', 'tag', sha])).split('\n\n')
  const field = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(head)?.[1] ?? ''
  const [, name = '', email = '', seconds = ''] = /^(.*) <(.*)> (\d+)/.exec(field('tagger')) ?? []
  const object = { sha: field('object'), type: field('type'), url: `${apiOf(world)}/git/commits/${field('object')}` }
  const tagger = { name, email, date: `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z` }
  const url = `${apiOf(world)}/git/tags/${sha}`
  return {
    body: { node_id: nodeId('Tag', sha), sha, url, tag: field('tag'), message: message.join('\n\n'), tagger, object },
  }
}

/** Moves a ref if the rulesets let it; the answer where they, or git, do not. */
async function move(world: World, who: Who, ref: string, sha: string, force: boolean): Promise<Answer | undefined> {
  const old = (await objectOf(world, ref)) ?? nothing
  const gone = sha === nothing
  if (!gone && !(await ask(world.origin, ['rev-parse', '--verify', '--quiet', `${sha}^{object}`])))
    return refuse(422, 'Object does not exist')
  const forward =
    gone || old === nothing || (await ask(world.origin, ['merge-base', '--is-ancestor', old, sha])) !== null
  if (!forward && !force) return refuse(422, 'Update is not a fast forward')
  const { by, rules } = await rulesFor(world, who, world.state.repository)
  const refused = refusals({ ref, old, new: sha, forward }, by, rules)
  if (refused.length > 0) return refuse(422, `Repository rule violations found\n\n${refused.join('\n')}`)
  await git(
    world.origin,
    gone ? ['update-ref', '-d', ref, old] : ['update-ref', '-m', `by ${loginOf(who)}`, ref, sha, old],
  )
  await pushed(world, who, world.state.repository, [{ ref, before: old, after: sha }])
  return undefined
}

/** Makes the tag of a release on a branch or commit where there is none; why not, as a field's error, where that cannot be. */
export async function createTag(world: World, who: Who, tag: string, target: string) {
  const ref = `refs/tags/${tag}`
  if ((await ask(world.origin, ['check-ref-format', ref])) === null)
    return { field: 'tag_name', code: 'custom', message: 'tag_name is not a valid tag' }
  if (await objectOf(world, ref)) return undefined
  const branch = await ask(world.origin, ['rev-parse', '--verify', '--quiet', `refs/heads/${target}^{commit}`])
  const sha = branch ?? (/^[0-9a-f]{40}$/.test(target) ? target : '')
  const answer = sha === '' ? notFound : await move(world, who, ref, sha, false)
  if (!answer) return undefined
  return answer === notFound
    ? { field: 'target_commitish', code: 'invalid' }
    : { field: 'tag_name', code: 'custom', message: (answer.body as { message: string }).message }
}
