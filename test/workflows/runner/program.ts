import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'

const version = '0.2.89'
const install = `go install github.com/nektos/act@v${version}`

let found: Promise<string> | undefined

/** The path of `act`, which runs workflows on this machine: of $PATH or of Go's folder. Throws with one line that says how to install it. */
export const actProgram = (): Promise<string> => (found ??= findAct())

async function findAct(): Promise<string> {
  const { PATH = '', GOPATH, GOBIN } = process.env
  const go = (GOPATH?.split(delimiter)[0] ?? join(homedir(), 'go')).concat('/bin')
  const folders = [...PATH.split(delimiter), ...(GOBIN ? [GOBIN] : []), go].filter((folder) => folder !== '')
  const program = folders.map((folder) => join(folder, 'act')).find((path) => existsSync(path))
  if (!program)
    throw new Error(`act, which runs the workflows here, is missing: install it with \`${install}\` (Go ≥ 1.24)`)
  const { stdout } = await execa(program, ['--version'])
  if (!stdout.endsWith(` ${version}`))
    throw new Error(`${program} is ${stdout}, and these tests read the log of ${version}: \`${install}\``)
  return program
}
