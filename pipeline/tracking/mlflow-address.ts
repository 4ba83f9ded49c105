import { InputError } from '../errors.ts'
import { hiding } from './mlflow-hide.ts'

/** Where MLflow is and who asks. Credentials inside the URI are taken out of it and used like the others. */
export type Address = {
  readonly uri: string
  readonly token?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/**
 * The URI without credentials and without a slash at the end, the header `authorization` made of them, and `hide`, which takes them out of what a server says.
 * Throws InputError, which shows none.
 */
export function addressOf(settings: Address): {
  uri: string
  authorization: string | undefined
  hide: (words: string) => string
} {
  const url = URL.parse(settings.uri)
  // The value is not shown: what cannot be parsed may still hold a password.
  if (!url)
    throw new InputError(
      'MLFLOW_TRACKING_URI is not a URI; expected http(s)://host[:port], or unset it to use the embedded server',
    )
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new InputError(
      `MLFLOW_TRACKING_URI starts with ${url.protocol}, expected http: or https:; name an MLflow server, or unset it to use the embedded server`,
    )
  }
  const username = settings.username ?? decodeURIComponent(url.username)
  const password = settings.password ?? decodeURIComponent(url.password)
  url.username = url.password = url.search = url.hash = ''
  const authorization = settings.token
    ? `Bearer ${settings.token}`
    : username
      ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
      : undefined
  const hide = hiding([settings.token, password, authorization?.split(' ')[1]])
  return { uri: url.href.replace(/\/+$/, ''), authorization, hide }
}
