import { execa } from 'execa'
import { plain } from './log.ts'
import type { Runner } from './runner.ts'

/**
 * Says why GitHub has no attestation for a file, or for an image as `oci://<name>@<digest>`, by staging.yml of this repository on main and on a runner of GitHub's; undefined where it
 * has one that verifies. With `commit`, only what was attested for that commit counts.
 */
export type Doubt = (subject: string, commit?: string) => Promise<string | undefined>

const longestMs = 120_000

/**
 * Asks GitHub's own command line, which verifies signature, transparency log and signer (https://cli.github.com/manual/gh_attestation_verify) and repeats what fails for a
 * while. The token needs attestations: read; a private registry, a login before.
 */
export function doubter({ github: { repository } }: Runner, token: string): Doubt {
  return async (subject, commit) => {
    const signer = `${repository}/.github/workflows/staging.yml`
    const about = ['--repo', repository, '--signer-workflow', signer, '--source-ref', 'refs/heads/main']
    const of = commit === undefined ? [] : ['--source-digest', commit]
    const words = ['attestation', 'verify', subject, ...about, ...of, '--deny-self-hosted-runners']
    const env = { GH_TOKEN: token, GH_PROMPT_DISABLED: '1', NO_COLOR: '1' }
    const asked = await execa('gh', words, { env, reject: false, timeout: longestMs, stdin: 'ignore' })
    if (!asked.failed) return undefined
    if (asked.code === 'ENOENT') return 'gh, GitHub’s command line, is not installed on this runner'
    const said = [...asked.stderr.split('\n'), ...asked.stdout.split('\n')].filter((line) => line.trim() !== '')
    return plain(said.at(-1) ?? asked.shortMessage ?? 'gh failed').slice(0, 300)
  }
}
