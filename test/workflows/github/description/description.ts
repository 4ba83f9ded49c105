/** What is checked of a call, against GitHub's own description. */
export type Description = {
  /** What GitHub would not take of a request. */
  request(call: Described): string[]
  /** What GitHub would not have answered. */
  answer(call: { readonly operation: string; readonly status: number; readonly body: unknown }): string[]
}

export type Described = {
  /** `GET /repos/{owner}/{repo}/pulls` */
  readonly operation: string
  readonly path: { readonly [name: string]: string }
  readonly query: { readonly [name: string]: string }
  readonly body: unknown
}
