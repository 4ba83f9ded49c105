/** GitHub's syntax for dates: `>=2026-01-01`, `2026-01-01..2026-02-01` (https://docs.github.com/search-github/getting-started-with-searching-on-github/understanding-the-search-syntax#query-for-dates). */
export function isWithin(at: string, wanted: string): boolean {
  const time = Date.parse(at)
  const [, sign = '', date = ''] = /^(>=|<=|>|<|)(.+)$/.exec(wanted) ?? []
  if (wanted.includes('..')) {
    const [from = '', to = ''] = wanted.split('..')
    return (from === '*' || time >= Date.parse(from)) && (to === '*' || time <= Date.parse(to))
  }
  const other = Date.parse(date)
  if (sign === '>=') return time >= other
  if (sign === '<=') return time <= other
  if (sign === '>') return time > other
  if (sign === '<') return time < other
  return at.startsWith(date)
}
