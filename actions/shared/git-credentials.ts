import { setSecret } from '@actions/core'

/**
 * Gives git, in the processes that get `env`, the job's token for the server that workflows run for, as actions/checkout does with `persist-credentials`, but without a file:
 * https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT. Does nothing without a token.
 */
export function giveGitToken(env: NodeJS.ProcessEnv, serverUrl: string, token: string): void {
  if (token === '') return
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
  setSecret(basic)
  const count = Number(env['GIT_CONFIG_COUNT'] ?? 0)
  env[`GIT_CONFIG_KEY_${count}`] = `http.${new URL(serverUrl).origin}/.extraheader`
  env[`GIT_CONFIG_VALUE_${count}`] = `AUTHORIZATION: basic ${basic}`
  env['GIT_CONFIG_COUNT'] = String(count + 1)
}
