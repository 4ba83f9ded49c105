import { shownEvent } from '../shown/event.ts'
import type { Pull } from '../state.ts'
import { notFound, paged, type Route } from './route.ts'

/** What happened to pull requests, oldest first (https://docs.github.com/rest/issues/events). */
export const eventRoutes: readonly Route[] = [
  {
    operation: 'GET /repos/{owner}/{repo}/issues/{issue_number}/events',
    needs: [
      ['pull-requests', 'read'],
      ['issues', 'read'],
    ],
    answer(call) {
      const { state } = call.world
      const pull = state.pulls.find(({ number }) => number === Number(call.params['issue_number']))
      return pull ? paged(call, eventsOf(pull), (event) => shownEvent(call.world, event)) : notFound
    },
  },
]

function eventsOf({ id, retargeted, merged }: Pull) {
  const changed = retargeted.map((each) => ({ ...each, event: 'base_ref_changed', commit: null }))
  return merged ? [...changed, { id, event: 'merged', at: merged.at, by: merged.by, commit: merged.sha }] : changed
}
