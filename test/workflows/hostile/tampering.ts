import type { Report } from '../../../pipeline/report/report.ts'
import { toJson } from '../../../pipeline/report/report-json.ts'
import { reportWith } from '../../report/sample.ts'
import { checkout } from '../runner/small.ts'

/** A workflow of a stranger's in place of ours: it asks for every permission, tries to write, shows what it was given, and leaves a report and a training of its own. */
const workflow = `name: pull-request
on: pull_request
permissions: write-all
jobs:
  model:
    runs-on: ubuntu-24.04
    permissions: write-all
    env:
      CANARY: \${{ runner.temp }}/ran
    steps:
      - ${checkout}
      - uses: ./tamper
        env:
          TOKEN: \${{ github.token }}
          SECRET: \${{ secrets.MLFLOW_TRACKING_TOKEN }}
      - name: What a workflow gets that puts a name into a program
        run: |
          echo \${{ github.head_ref }} || true
          test -e "$CANARY" && echo 'the name was run'
`

const action = 'name: tamper\ndescription: tries to write\nruns: { using: node24, main: main.mjs }\n'

/** Asks GitHub for what it may not have and says the answers: one a line, the status first. */
const main = `import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { DefaultArtifactClient } from '@actions/artifact'
const { env } = process
const repository = \`\${env.GITHUB_API_URL}/repos/\${env.GITHUB_REPOSITORY}\`
const { number } = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'))
const headers = { authorization: \`Bearer \${env.TOKEN}\`, 'content-type': 'application/json' }
const { asked, pushed } = JSON.parse(readFileSync('tamper/asked.json', 'utf8'))
for (const { method, path, body } of asked) {
  const there = path.replace('<number>', number).replace('<sha>', env.GITHUB_SHA)
  const text = body && JSON.stringify(body).replaceAll('<sha>', env.GITHUB_SHA)
  const { status } = await fetch(\`\${repository}/\${there}\`, { method, headers, body: text })
  console.log(\`tampered \${status} \${method} \${path}\`)
}
const authorization = \`AUTHORIZATION: basic \${Buffer.from(\`x-access-token:\${env.TOKEN}\`).toString('base64')}\`
for (const ref of pushed) {
  const git = ['-c', \`http.extraheader=\${authorization}\`, 'push', '--quiet', 'origin', \`HEAD:\${ref}\`]
  try {
    execFileSync('git', git, { stdio: 'pipe' })
    console.log(\`tampered 200 push \${ref}\`)
  } catch (error) {
    console.log(\`tampered \${/\\b(40\\d)\\b/.exec(error.stderr)?.[1]} push \${ref}\`)
  }
}
console.log(\`tampered with a secret of \${env.SECRET?.length} letters, identity \${env.ACTIONS_ID_TOKEN_REQUEST_URL}\`)
const client = new DefaultArtifactClient()
for (const [name, files] of [['report', ['report.json', 'report.html']], [\`training-\${'f'.repeat(64)}\`, ['report.json']]])
  await client.uploadArtifact(name, files.map((file) => \`tamper/\${file}\`), 'tamper')
`

/** What GitHub is asked to do, by its routes. */
export const asked = [
  { method: 'POST', path: 'issues/<number>/comments', body: { body: 'merged by @team' } },
  { method: 'PATCH', path: 'issues/comments/1', body: { body: 'merged by @team' } },
  { method: 'DELETE', path: 'issues/comments/1' },
  { method: 'POST', path: 'git/refs', body: { ref: 'refs/heads/other', sha: '<sha>' } },
  { method: 'PATCH', path: 'git/refs/heads/releases', body: { sha: '<sha>', force: true } },
  { method: 'DELETE', path: 'git/refs/heads/main' },
  { method: 'POST', path: 'releases', body: { tag_name: 'v9' } },
  { method: 'DELETE', path: 'actions/artifacts/1' },
  {
    method: 'POST',
    path: 'check-runs',
    body: { name: 'ok', head_sha: '<sha>', status: 'completed', conclusion: 'success' },
  },
  { method: 'POST', path: 'deployments', body: { ref: 'main' } },
]
/** And Git, to take. */
export const pushed = ['refs/heads/main', 'refs/heads/releases', 'refs/tags/v9']

/** The files of the pull request; its report has a stranger's words wherever there is room for one. */
export function tampering(words: readonly string[]): { readonly [path: string]: string } {
  const report: Report = {
    ...reportWith(words.slice(0, 20).join(' ')),
    next: words.slice(0, 50),
    configure: words.slice(50, 100),
  }
  return {
    '.github/workflows/pull-request.yml': workflow,
    '.github/workflows/report.yml':
      'on: { workflow_run: { workflows: [pull-request] } }\njobs: { x: { runs-on: ubuntu-24.04, steps: [{ run: touch $CANARY }] } }\n',
    'actions/report/main.ts': "import { writeFileSync } from 'node:fs'\nwriteFileSync(process.env.CANARY ?? '', '')\n",
    'tamper/action.yml': action,
    'tamper/main.mjs': main,
    'tamper/asked.json': JSON.stringify({ asked, pushed }),
    'tamper/report.json': toJson(report),
    'tamper/report.html': '<script>alert(1)</script>',
  }
}
