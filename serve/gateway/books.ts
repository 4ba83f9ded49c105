import { join } from 'node:path'
import type { Members } from '../../pipeline/gateway-members.ts'
import { createDraws } from './draws.ts'
import { type Event, type EventLog, openEventLog } from './events.ts'
import { createInOrder, type InOrder } from './in-order.ts'

/** The book of a rollout: its draws and events; `users` are the requests that will still book one. */
export type Book = {
  readonly rollout: string
  readonly draw: () => number
  readonly log: EventLog
  /** Where events wait for those of earlier draws: booked as they end, those of the quicker arm would come first, and the next one would not be the canary's with the probability of its draw. */
  readonly order: InOrder<Event>
  users: number
}

export type Books = {
  /** The book of these members' rollout; undefined when there is none. Throws when its events file cannot be opened. */
  open(members: Members): Book | undefined
  /** Closes the events files of all rollouts but `current` that nobody needs any more. */
  retire(current: () => Book | undefined): Promise<void>
  close(): Promise<void>
}

/** Keeps the events files of `folder` open by rollout: one that requests in flight still need is found again, never opened twice. */
export function createBooks(folder: string): Books {
  const books = new Map<string, Book>()
  return {
    open({ rollout, seed }) {
      if (rollout === null) return undefined
      const known = books.get(rollout)
      if (known) return known
      const log = openEventLog(join(folder, 'events', `${rollout}.jsonl`), seed)
      const order = createInOrder<Event>((event) => log.append(event))
      const book = { rollout, draw: createDraws(log.seed), log, order, users: 0 }
      books.set(rollout, book)
      return book
    },
    async retire(current) {
      for (const book of books.values()) {
        if (book === current()) continue
        await book.log.flush()
        // It may have come back while its last lines were written, and lines that a full disk refused are still tried.
        const needed = book === current() || book.users > 0 || book.log.pending > 0
        if (needed || books.get(book.rollout) !== book) continue
        books.delete(book.rollout)
        book.log.close()
      }
    },
    async close() {
      for (const { log } of books.values()) {
        await log.flush()
        log.close()
      }
    },
  }
}
