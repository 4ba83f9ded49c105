import { loginOf, type Who } from '../credentials.ts'
import { refreshPulls } from '../pulls.ts'
import type { World } from '../world.ts'

export type Moved = { readonly ref: string; readonly before: string; readonly after: string }

/** GitHub starts no workflow for what a job pushed, nor for tags when more than three come at once (https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#push). */
export async function pushed(world: World, who: Who, repository: string, moved: readonly Moved[]): Promise<void> {
  const { state } = world
  const actor = loginOf(who)
  if (repository === state.repository) {
    const tags = moved.filter(({ ref }) => ref.startsWith('refs/tags/')).length
    for (const each of moved) {
      const starts = who.kind === 'person' && !(each.ref.startsWith('refs/tags/') && tags > 3)
      state.events.push({ event: 'push', ...each, actor, starts })
    }
  }
  await world.inTurn(() => refreshPulls(world, { actor, starts: who.kind === 'person' }))
}
