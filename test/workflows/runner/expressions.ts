/** The jobs that a job needs, as its expressions see them. */
export type Needs = {
  readonly [job: string]: { readonly result: Result; readonly outputs: { readonly [name: string]: string } }
}
export type Result = 'success' | 'failure' | 'skipped' | 'cancelled'

/** What the status functions of a job's `if:` say. */
export type Status = { readonly success: boolean; readonly failure: boolean; readonly cancelled: boolean }

/** Text of a workflow in which `needs` is no longer asked for but said: act knows only results of jobs that it ran itself. Works on `${{ … }}` within text. */
export const sayNeeds = (text: string, needs: Needs) =>
  inExpressions(text, (expression) => sayNeedsIn(expression, needs))

/** The same for an `if:`, which may do without `${{ }}`. */
export const sayNeedsInIf = (text: string, needs: Needs) =>
  text.includes('${{') ? sayNeeds(text, needs) : sayNeedsIn(text, needs)

/**
 * A job's `if:` as one expression, with its status functions answered; without one it has `success()` in front
 * (https://docs.github.com/actions/reference/workflows-and-actions/expressions#status-check-functions).
 */
export function conditionOf(condition: string, { success, failure, cancelled }: Status): string {
  const [, inner] = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition) ?? [undefined, condition]
  const words = { success, failure, cancelled, always: true }
  let asked = false
  const said = outsideStrings(inner ?? condition, (part) =>
    part.replace(/(?<![\w.-])(success|failure|cancelled|always)\s*\(\s*\)/gi, (_, name: string) => {
      asked = true
      return String(words[name.toLowerCase() as keyof typeof words])
    }),
  )
  return asked ? said : `${success} && (${said})`
}

/** Applies `change` to the inside of each `${{ … }}`. */
export function inExpressions(text: string, change: (expression: string) => string): string {
  // Within an expression a string may hold braces; its quotes are doubled to write one.
  return text.replace(/\$\{\{((?:'(?:[^']|'')*'|(?!\}\})[^'])*)\}\}/g, (_, inner: string) => `\${{${change(inner)}}}`)
}

/** The expressions within a text. */
export function expressionsIn(text: string): string[] {
  const found: string[] = []
  inExpressions(text, (inner) => {
    found.push(inner.trim())
    return inner
  })
  return found
}

/** A value as an expression. No character of its strings means anything to whoever reads expressions, so outputs may hold what they like. */
export function literal(value: unknown): string {
  const json = JSON.stringify(value, null, 1)
  const strings = json.replace(/"(?:[^"\\]|\\.)*"/g, (text) => text.replace(/['${}]/g, escaped))
  return `fromJSON('${strings.replace(/\s*\n\s*/g, ' ')}')`
}

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** act takes `.*` of a list only, and gives the same for a list without it. */
const sayNeedsIn = (expression: string, needs: Needs) =>
  outsideStrings(expression, (part) =>
    part.replace(/(?<![\w.-])needs(?![\w-])(\s*\.\s*\*)?/g, (_, all) => literal(all ? Object.values(needs) : needs)),
  )

function outsideStrings(expression: string, change: (part: string) => string): string {
  return expression
    .split(/('(?:[^']|'')*')/)
    .map((part, index) => (index % 2 === 0 ? change(part) : part))
    .join('')
}
