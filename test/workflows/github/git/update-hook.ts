/** Git runs this for every ref of a push, before the ref moves: `update-hook.ts <ref> <old> <new>`. What it writes, the one who pushes reads. */
import { readFileSync } from 'node:fs'
import { ask, git } from './command.ts'
import { type Pusher, type Rules, refusals } from './rulesets.ts'

const [ref = '', old = '', wanted = ''] = process.argv.slice(2)
const { by, rules } = JSON.parse(readFileSync(process.env['PUSH_FILE'] ?? '', 'utf8')) as { by: Pusher; rules: Rules }
const isZero = (sha: string) => /^0+$/.test(sha)
// Git shows the objects of the push to its hooks only, by its environment, and names the repository in it.
const here = process.cwd()
const forward =
  isZero(old) || isZero(wanted) || (await ask(here, ['merge-base', '--is-ancestor', old, wanted])) !== null
const refused = refusals({ ref, old, new: wanted, forward }, by, rules)
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions: no job may change workflows.
const workflows =
  by.app && !isZero(wanted)
    ? await git(here, ['log', '--format=%H', '-1', wanted, '--not', '--all', '--', '.github/workflows'])
    : ''
if (workflows !== '')
  refused.push('refusing to allow a GitHub App to create or update workflow files without `workflows` permission')
if (refused.length > 0) {
  console.error(`error: GH013: Repository rule violations found for ${ref}.\n\n- ${refused.join('\n- ')}\n`)
  process.exitCode = 1
}
