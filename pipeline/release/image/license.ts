const id = '[A-Za-z0-9][A-Za-z0-9.-]*\\+?'
const expression = new RegExp(`^${id}(?: (?:AND|OR|WITH) ${id})*$`)

/**
 * A license as a package declares it, when it is an SPDX license expression (SPDX 2.3, annex D); undefined for the rest of what npm allows (`SEE LICENSE
 * IN …`, `UNLICENSED`, nothing) and for words that are none, such as `MIT/X11`.
 */
export function licenseExpression(declared: unknown): string | undefined {
  if (typeof declared !== 'string' || declared === 'UNLICENSED') return undefined
  const depth = [...declared].reduce((open, letter) => {
    if (open < 0) return open
    return letter === '(' ? open + 1 : letter === ')' ? open - 1 : open
  }, 0)
  return depth === 0 && expression.test(declared.replaceAll(/[()]/g, '')) ? declared : undefined
}
