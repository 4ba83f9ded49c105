import { getInput } from '@actions/core'
import { InputError } from '../../pipeline/errors.ts'
import { readBoolean, readDigest, readText, readToken } from './inputs.ts'

const modes = ['plan', 'request', 'resume'] as const

export type DeployActionInputs = {
  /** What is asked for instead of a rollout, if anything is. */
  readonly mode: (typeof modes)[number] | 'deploy'
  readonly token: string
  readonly environment: string
  readonly commit: string
  /** Undefined where none is given. */
  readonly image: string | undefined
  readonly replay: boolean
  /** The GitHub environment whose approval is recorded with a request; undefined where none is named. */
  readonly approvalEnvironment: string | undefined
  readonly requireApproval: boolean
  readonly requireAttestation: boolean
  /** What an earlier job of the run has checked; undefined where none did. */
  readonly expected: { readonly digest: string | undefined; readonly image: string | undefined }
}

/** The inputs of the action `deploy`. Throws InputError where more than one of plan, request and resume is true. */
export function readDeployInputs(): DeployActionInputs {
  const chosen = modes.filter(readBoolean)
  if (chosen.length > 1) throw new InputError(`inputs ${chosen.join(' and ')}: only one of them may be true`)
  return {
    mode: chosen[0] ?? 'deploy',
    token: readToken(),
    environment: readText('environment'),
    commit: readText('commit'),
    image: getInput('image') || undefined,
    replay: readBoolean('replay'),
    approvalEnvironment: getInput('approval-environment') || undefined,
    requireApproval: readBoolean('require-approval'),
    requireAttestation: readBoolean('require-attestation'),
    expected: { digest: readDigest('expect-digest'), image: getInput('expect-image') || undefined },
  }
}
