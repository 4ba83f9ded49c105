import { getInput } from '@actions/core'
import { InputError } from '../../pipeline/errors.ts'
import { readChoice, readText } from './inputs.ts'

/** What there is to tell: a run of a pull request, or the release of a tag. */
export type ReportInputs = RunInputs | ReleaseInputs

export type RunInputs = {
  readonly on: 'pull-request'
  readonly token: string
  /** Whose comments are ours. */
  readonly author: string
}

export type ReleaseInputs = {
  readonly on: 'release'
  readonly token: string
  readonly environment: string
  /** What the rollout came to, as `deploy` says it. */
  readonly outcome: string
  /** Its commit on the branch `releases`; empty where there is none. */
  readonly releaseCommit: string
  /** Files; empty where there are none. */
  readonly evidence: string
  readonly card: string
}

export function readReportInputs(): ReportInputs {
  const token = readText('token')
  const on = readChoice('on', ['pull-request', 'release'])
  if (on === 'pull-request') return { on, token, author: readText('author') }
  return {
    on,
    token,
    environment: readText('environment'),
    outcome: readText('outcome'),
    releaseCommit: readCommit('release-commit'),
    evidence: getInput('evidence'),
    card: getInput('card'),
  }
}

function readCommit(name: string): string {
  const value = getInput(name)
  if (value === '' || /^[0-9a-f]{40}$/.test(value)) return value
  throw new InputError(`input ${name}: must be a commit of 40 hex digits, or empty, got ${JSON.stringify(value)}`)
}
