import type { Credentials } from './credentials.ts'
import type { Description } from './description/description.ts'
import type { Faults } from './faults.ts'
import type { State } from './state.ts'

/** What the services of the stand-in share. */
export type World = {
  readonly state: State
  /** The stand-in's own folder: repositories in `git/`, archives and assets in `storage/`. */
  readonly dir: string
  readonly origin: string
  readonly urls: Urls
  readonly credentials: Credentials
  readonly faults: Faults
  /** One after the other what moves main or looks where it is. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  /** GitHub's own description; null where requests are not checked against it. */
  readonly description: Description | null
}

/** Where each service listens; set once all do. */
export type Urls = { api: string; server: string; uploads: string; results: string; storage: string }

/** The folder of a repository, `owner/name`. */
export const folderOf = (dir: string, repository: string) => `${dir}/git/${repository}.git`

/** `acme/ice-cream` → its two halves. */
export function halves(repository: string): { readonly owner: string; readonly name: string } {
  const [owner = '', name = ''] = repository.split('/')
  return { owner, name }
}

/** Lets pieces of work wait for one another; one that fails does not stop the next. */
export function oneByOne(): World['inTurn'] {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work, work)
    last = mine
    return mine
  }
}
