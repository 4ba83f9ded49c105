import { fail } from './failure.ts'
import { type Runner, readRunner } from './runner.ts'

/** Runs an action: `main` gets what the runner tells through `env`; what it throws becomes the one message that the action fails with. */
export async function run(env: NodeJS.ProcessEnv, main: (runner: Runner) => Promise<void>): Promise<void> {
  const runner = readRunner(env)
  try {
    await main(runner)
  } catch (error) {
    fail(error, runner)
  }
}
