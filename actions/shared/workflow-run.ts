import { readFile } from 'node:fs/promises'
import { type Static, Type } from 'typebox'
import { InputError } from '../../pipeline/errors.ts'
import { validate } from '../../pipeline/schema.ts'
import type { GitHubRun } from './runner.ts'

const id = () => Type.Integer({ minimum: 1 })
const orNull = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Object>>(schema: T) =>
  Type.Union([schema, Type.Null()])

/** What is read of the event's payload, which has much more (https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run). */
const payloadSchema = Type.Object({
  workflow_run: Type.Object({
    id: id(),
    run_number: id(),
    run_attempt: id(),
    event: Type.String(),
    conclusion: orNull(Type.String()),
    head_sha: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    head_branch: orNull(Type.String()),
    head_repository: Type.Union([Type.Object({ id: id(), owner: Type.Object({ login: Type.String() }) }), Type.Null()]),
  }),
})

/** A run of a workflow that has ended. Branch and owner may be a stranger's words. */
export type WorkflowRun = Static<typeof payloadSchema>['workflow_run']

/** The run that the event `workflow_run` tells of. Throws InputError for any other event. */
export async function readWorkflowRun({ event, eventPath }: GitHubRun): Promise<WorkflowRun> {
  if (event !== 'workflow_run')
    throw new InputError(
      `the report of a pull request is posted after its run, by a workflow with \`on: workflow_run\`; this one was started by ${JSON.stringify(event)}`,
    )
  return validate(payloadSchema, JSON.parse(await readFile(eventPath, 'utf8')), 'the event workflow_run').workflow_run
}
