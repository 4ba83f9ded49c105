import type { Member } from '../journal.ts'

/** How the servers of an environment are started on this machine. Every verb may be asked for again. */
export type Launcher = {
  /** Makes sure of what a release needs here, before anything is recorded. Throws InputError naming what is missing. */
  prepare(release: Member['release']): Promise<void>
  /** Starts a member's server on its port; returns before it is ready. */
  launch(member: Member): Promise<void>
  /** The process numbers of a member's server on this machine; none where it does not run. */
  pids(id: string): Promise<readonly number[]>
  /** Whether the process number that a server tells of itself is this one's: another may have taken its port. */
  isOurs(told: number, pids: readonly number[]): boolean
  /** The members that run here. */
  ids(): Promise<readonly string[]>
  /** Ends a member's server: asks it to drain, and after `patienceMs` ends it for good. Returns once it is gone. */
  end(id: string, patienceMs?: number): Promise<void>
  /** What a server said last, in one line. */
  lastWords(member: Member): Promise<string>
}

export type LauncherOptions = {
  readonly state: string
  /** The name of the environment. */
  readonly name: string
  /** The folder of the code of a commit. */
  readonly code: (commit: string) => Promise<string>
  /** The folder of a member's bundle. */
  readonly stored: (member: Pick<Member, 'release'>) => Promise<string>
}
