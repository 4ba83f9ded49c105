/** A piece of text: plain, or a value from outside that is shown as it is (a slice's value, a digest, a cell of a file). Both are escaped. */
export type Inline = string | { readonly code: string }
export type Text = Inline | readonly Inline[]

export type Table = {
  readonly kind: 'table'
  readonly caption: string
  readonly columns: readonly { readonly name: string; readonly numeric?: boolean }[]
  readonly rows: readonly (readonly Text[])[]
}

/** Numbers by category: bars, with an optional line of other numbers over them. */
export type Series = {
  readonly categories: readonly string[]
  readonly yLabel: string
  readonly bars?: readonly number[]
  readonly line?: readonly number[]
}

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: Text }
  | { readonly kind: 'list'; readonly items: readonly Text[] }
  | Table
  /** `mermaid` is drawn where Markdown is read, `svg` (trusted, from charts.ts) in HTML; each may be absent. */
  | { readonly kind: 'chart'; readonly caption: string; readonly mermaid?: Series; readonly svg?: string }
  /** What only the page has room for. */
  | { readonly kind: 'page'; readonly blocks: readonly Block[] }
  | { readonly kind: 'folded'; readonly summary: string; readonly blocks: readonly Block[] }

/** How it ended, in a symbol for the eye and words for everybody. */
export type Status = { readonly tone: 'good' | 'bad' | 'unsure'; readonly words: string }

/** What a report or a model card says, before it is Markdown or HTML. */
export type Document = { readonly title: string; readonly status?: Status; readonly blocks: readonly Block[] }

export const symbols = { good: '✅', bad: '❌', unsure: '⚠️' } as const

export const pieces = (text: Text): readonly Inline[] => (Array.isArray(text) ? text : [text as Inline])
