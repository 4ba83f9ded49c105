import type { IncomingHttpHeaders } from 'node:http'
import type { Arm, Members } from '../../pipeline/gateway-members.ts'
import { type Book, createBooks } from './books.ts'
import type { Event, Pair } from './events.ts'
import { createLease } from './lease.ts'
import { createLines, type Line } from './lines.ts'
import { isOnTrial, writeMembers } from './members.ts'
import { createSticky } from './sticky.ts'

type Counts = { requests: number; errors: number }

/** Who answers at one moment: the members, the ways to them, and the books of their rollout. Replaced as a whole, never changed but for its counts. */
export type Scene = {
  readonly members: Members
  readonly stable: Line | null
  readonly canary: Line | null
  readonly book: Book | undefined
  readonly counts: Readonly<Record<Arm, Counts>>
}

/** What was drawn for a prediction request: the arm that answers first, the canary's share when it was drawn, and the client where routing is sticky. */
export type Draw = {
  readonly arm: Arm
  readonly weight: number
  readonly mirrored: boolean
  readonly client?: string
  /** Its place among the draws of its rollout, in whose order events are numbered; whoever drew must book. None where nobody is on trial. */
  readonly place?: number
}

export type Status = Members & {
  readonly inFlight: Readonly<Record<string, number>>
  readonly counts: Readonly<Record<Arm, Readonly<Counts>>>
  readonly ready: Readonly<Record<Arm, boolean>>
  readonly eventsFailing?: string
  readonly eventsLost?: number
  /** The verdict so far, as whoever watches the trial says it. */
  readonly said?: string
}

export type Switchboard = {
  /** A request meets the members as they are now, or as `met` has them: they stay reachable, and their rollout's events file open, until it lets go. */
  hold(met?: Scene): Scene
  release(scene: Scene): void
  /** Each call is a draw: one for each prediction request. */
  draw(scene: Scene, headers: IncomingHttpHeaders): Draw
  /** Counts at once; evidence comes in the order of the draws. */
  book(scene: Scene, draw: Draw, event: Event): void
  bookPair(scene: Scene, pair: Pair): void
  /** Where members are new, resolves once it is known whether they are ready; undefined where it is. */
  known(): Promise<unknown> | undefined
  /** Changes the members for every request that comes after the call; resolves when they are persisted, asked whether they are ready, and the events so far are written. */
  change(members: Members): Promise<void>
  /** Notes what is said of the trial that is on. */
  say(said: string): void
  now(): Scene
  status(): Status
  close(): Promise<void>
}

/** Whether a request may be sent to a member now; after a yes its breaker must be told what became of it. */
export const available = (line: Line): boolean => line.readiness.now === 'ready' && line.breaker.ask()

/**
 * Keeps who answers. One plain value is read per request and replaced as a whole, so a request sees the members before a change or after it, never a mixture.
 * A share with a lease goes back to stable when the lease ends, until the next change; the canary stays named. `folder` holds members.json and events/<rollout>.jsonl;
 * `key` is the secret that clients' names in the events are made with.
 */
export function createSwitchboard(
  folder: string,
  first: Members,
  key: string,
  log: (line: string) => void,
): Switchboard {
  const lines = createLines(log)
  const books = createBooks(folder)
  const place = createSticky(key)
  let unopened: string | undefined
  let said: { readonly of: string | null; readonly text: string } = { of: null, text: '' }
  let changing: Promise<void> = Promise.resolve()

  function openBook(members: Members): Book | undefined {
    unopened = undefined
    try {
      return books.open(members)
    } catch (error) {
      // Clients are served all the same; who reads the status sees that there is no evidence.
      unopened = `events/${members.rollout}.jsonl cannot be opened: ${(error as Error).message}`
      log(unopened)
      return undefined
    }
  }

  const sceneOf = (members: Members, counts: Scene['counts']): Scene => ({
    members,
    stable: members.stable && lines.get(members.stable),
    canary: members.canary && lines.get(members.canary),
    book: openBook(members),
    counts,
  })
  let scene = sceneOf(first, noCounts())

  const lease = createLease((members) => {
    log('nobody renewed the lease: the canary gets no more requests until members are put again')
    change(members).catch((error: Error) => log(`members.json: ${error.message}`))
  })
  lease.begin(first)

  const settle = () => lines.settle([scene.stable, scene.canary])

  async function persist(next: Members): Promise<void> {
    await scene.book?.log.flush()
    await books.retire(() => scene.book)
    writeMembers(folder, next)
  }

  async function change(next: Members): Promise<void> {
    const before = scene.stable
    scene = sceneOf(next, next.rollout === scene.members.rollout ? scene.counts : noCounts())
    const { stable, canary } = scene
    // What cut it off on trial, where it had less time to answer and somebody else answered in its place, does not cut off everybody now.
    if (stable !== before) stable?.breaker.reset()
    settle()
    lease.begin(next)
    changing = changing.catch(() => {}).then(() => persist(next))
    await Promise.all([changing, stable?.readiness.first, canary?.readiness.first])
  }

  return {
    hold(met = scene) {
      count(met, 1)
      return met
    },
    release(held) {
      count(held, -1)
      if (held === scene) return
      settle()
      if (held.book?.users === 0 && held.book !== scene.book) void books.retire(() => scene.book)
    },
    draw({ members, canary, book }, headers) {
      // Nothing is compared: such a request is no event, so that the file of a trial that is held does not grow.
      if (canary === null || !isOnTrial(members)) return { arm: 'stable', weight: 0, mirrored: false }
      const { weight, mirror } = members
      const client = place(members, headers)
      const named = { ...(client && { client: client.client }), ...(book && { place: book.order.begin() }) }
      // Until it was ready for the first time a canary is not there yet: nothing is drawn for it. Nor where it would not be asked: stable is asked whatever it does, and a pause of the machine that
      // hits both would be booked against the canary alone.
      if (!canary.readiness.ever || canary.breaker.shut) return { arm: 'stable', weight: 0, mirrored: false, ...named }
      const draw = client?.draw ?? book?.draw() ?? Math.random()
      const onTrial = draw < weight
      return { arm: onTrial ? 'canary' : 'stable', weight, mirrored: !!mirror && draw < mirror.share, ...named }
    },
    book({ counts, book }, { place }, event) {
      const tally = counts[event.arm]
      tally.requests += 1
      if (isError(event.status)) tally.errors += 1
      if (place !== undefined) book?.order.end(place, event)
    },
    bookPair({ book }, pair) {
      book?.log.append(pair)
    },
    known() {
      const { stable, canary } = scene
      if (stable?.readiness.now !== 'unknown' && canary?.readiness.now !== 'unknown') return undefined
      return Promise.all([stable?.readiness.first, canary?.readiness.first])
    },
    change,
    say(text) {
      said = { of: scene.members.rollout, text }
    },
    now: () => scene,
    status() {
      const { members, book, counts, stable, canary } = scene
      const failing = book?.log.failing ?? unopened
      return {
        ...members,
        inFlight: lines.inFlight(),
        counts,
        ready: { stable: stable?.readiness.now === 'ready', canary: canary?.readiness.now === 'ready' },
        ...(failing === undefined ? {} : { eventsFailing: failing }),
        ...(book && book.log.lost > 0 ? { eventsLost: book.log.lost } : {}),
        ...(said.of !== null && said.of === members.rollout ? { said: said.text } : {}),
      }
    },
    async close() {
      lease.end()
      await changing.catch(() => {})
      await books.close()
      await lines.destroy()
    },
  }
}

const isError = (status: number) => status === 0 || status === 408 || status === 429 || status >= 500

/** A canary without weight or mirror is named, and asked by nobody. */
function count({ stable, canary, book, members }: Scene, change: 1 | -1): void {
  if (stable) stable.inFlight += change
  if (canary && canary !== stable && isOnTrial(members)) canary.inFlight += change
  if (book) book.users += change
}

const noCounts = (): Record<Arm, Counts> => ({ stable: { requests: 0, errors: 0 }, canary: { requests: 0, errors: 0 } })
