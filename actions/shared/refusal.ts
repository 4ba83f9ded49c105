/** What GitHub refuses to a token, in its own words: a permission that the job was not given, or what a plan or setting does not allow. Throws every other error again. */
export function refusal(error: unknown): { readonly refused: string } {
  const { status, message } = error as { readonly status?: number; readonly message?: string }
  if (status === 403 || status === 404) return { refused: `${status}: ${message}` }
  throw error
}
