const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it may stand in HTML, between tags or in a quoted attribute. */
export const escaped = (text: unknown): string => String(text).replaceAll(/[&<>"']/g, (found) => entities[found] ?? '')

/** Attributes that have a value, each with a space before it; `true` has none. */
export function attributes(values: { readonly [name: string]: unknown }): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => (value === true ? ` ${name}` : ` ${name}="${escaped(value)}"`))
    .join('')
}
