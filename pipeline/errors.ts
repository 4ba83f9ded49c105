/** The user must mend an input, a setting or the environment. The message is complete; the command line shows it without a stack and exits with 2. */
export class InputError extends Error {
  override name = 'InputError'
}

/** Data, gate, verdict or a hold said no: a result that stops the step. The command line shows it without a stack and exits with 1. */
export class RefusedError extends Error {
  override name = 'RefusedError'
}
