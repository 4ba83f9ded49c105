/** `cancelInProgress` ends what runs, `max` lets up to a hundred wait; by default one waits, and the next that comes takes its place. */
export type GroupRule = { readonly group: string; readonly cancelInProgress: boolean; readonly queue: 'single' | 'max' }

export type Groups = ReturnType<typeof openGroups>

type Member = { readonly begin: (turn: Turn) => void; readonly cancel: () => void }
/** What a member gets: null where another took its place. */
type Turn = { readonly leave: () => void } | null

/** The concurrency groups of a repository, of runs and of jobs alike (https://docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency). */
export function openGroups() {
  const groups = new Map<string, { running: Member | null; waiting: Member[] }>()
  return {
    /**
     * Waits for the group to be free. `cancel` is called when a later member ends this one while it runs. Resolves to null when a later one takes the place
     * while this one waits, or `given` up before its turn. Whoever has its turn must `leave`.
     */
    enter({ group, cancelInProgress, queue }: GroupRule, cancel: () => void, given: AbortSignal): Promise<Turn> {
      const name = group.toLowerCase()
      const here = groups.get(name) ?? { running: null, waiting: [] }
      groups.set(name, here)
      return new Promise((resolve) => {
        const me: Member = { begin: resolve, cancel }
        const next = () => {
          here.running = here.waiting.shift() ?? null
          here.running?.begin({ leave: next })
        }
        given.addEventListener('abort', () => {
          const at = here.waiting.indexOf(me)
          if (at >= 0) here.waiting.splice(at, 1)[0]?.begin(null)
        })
        if (cancelInProgress) here.running?.cancel()
        const room = queue === 'max' && !cancelInProgress ? 100 : 1
        while (here.waiting.length >= room) here.waiting.shift()?.begin(null)
        here.waiting.push(me)
        if (!here.running) next()
      })
    },
  }
}
