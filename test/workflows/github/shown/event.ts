import type { World } from '../world.ts'
import { apiOf } from './repository.ts'
import { nodeId, shownUser } from './user.ts'

/** What happened to a pull request; `commit` is null where it was nothing with a commit. */
type IssueEvent = {
  readonly id: number
  readonly event: string
  readonly at: string
  readonly by: string
  readonly commit: string | null
}

/** `issue-event-for-issue` */
export function shownEvent(world: World, { id, event, at, by, commit }: IssueEvent) {
  return {
    id,
    node_id: nodeId('IssueEvent', id),
    url: `${apiOf(world)}/issues/events/${id}`,
    actor: shownUser(world.urls, by),
    event,
    commit_id: commit,
    commit_url: commit && `${apiOf(world)}/commits/${commit}`,
    created_at: at,
    performed_via_github_app: null,
  }
}
