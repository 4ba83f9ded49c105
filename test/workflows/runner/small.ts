import { dispatchEvent } from './event.ts'
import { type RunOptions, runWorkflow } from './run.ts'
import { createWorld, type World, type WorldOf } from './world.ts'

/** How our workflows begin a job: no credentials are left. */
export const checkout = `uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
        with: { persist-credentials: false, fetch-depth: 0 }`

/** A project with nothing in it but one workflow, `small.yml`, started by hand and by pushes and pull requests, and what else it needs. */
export const smallWorld = (jobs: string, { files = {}, ...options }: WorldOf = {}) => {
  const small = `name: small\non: [workflow_dispatch, push, pull_request]\npermissions: {}\n${jobs}`
  return createWorld({ ...options, files: { '.github/workflows/small.yml': small, ...files } })
}

/** Presses "Run workflow" and waits for its end. */
export const press = async (
  world: World,
  options: Partial<Pick<RunOptions, 'approve' | 'cancelAt' | 'killAt' | 'variables'>> = {},
) => runWorkflow(world, { workflow: 'small.yml', event: await dispatchEvent(world), ...options })

/** The conclusion of each job. */
export const conclusions = ({ jobs }: { readonly jobs: { readonly [job: string]: { readonly conclusion: string } } }) =>
  Object.fromEntries(Object.entries(jobs).map(([id, { conclusion }]) => [id, conclusion]))
