import { createHash } from 'node:crypto'
import type { Urls } from '../world.ts'

/** An id that always belongs to the same name. */
export const idOf = (name: string) => createHash('sha256').update(name).digest().readUInt32BE() % 1_000_000_000

/** GitHub's other kind of id. */
export const nodeId = (kind: string, id: number | string) => Buffer.from(`${kind}:${id}`).toString('base64url')

/** `simple-user`: a person, or the bot whose name a job's token has. */
export function shownUser(urls: Urls, login: string) {
  const bot = login.endsWith('[bot]')
  const id = login === 'github-actions[bot]' ? 41_898_282 : idOf(login)
  const url = `${urls.api}/users/${encodeURIComponent(login)}`
  return {
    login,
    id,
    node_id: nodeId(bot ? 'Bot' : 'User', id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: '',
    url,
    html_url: bot ? `${urls.server}/apps/${login.slice(0, -5)}` : `${urls.server}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: bot ? 'Bot' : 'User',
    site_admin: false,
  }
}

/** `nullable-integration`: GitHub Actions as an app. */
export function shownActions(urls: Urls) {
  return {
    id: 15_368,
    slug: 'github-actions',
    node_id: nodeId('App', 15_368),
    owner: shownUser(urls, 'github'),
    name: 'GitHub Actions',
    description: 'Automate your workflow from idea to production',
    external_url: 'https://help.github.com/en/actions',
    html_url: `${urls.server}/apps/github-actions`,
    created_at: '2018-07-30T09:30:17Z',
    updated_at: '2024-04-10T20:33:16Z',
    permissions: { checks: 'write', contents: 'write', deployments: 'write', issues: 'write', metadata: 'read' },
    events: ['push', 'pull_request'],
  }
}
