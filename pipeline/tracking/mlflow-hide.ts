/** Makes what replaces secrets in a text by `‹hidden›`: a proxy that refuses a request may repeat its headers, in JSON, in a page or in an address. */
export function hiding(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = secrets.filter((secret): secret is string => secret !== undefined && secret !== '')
  const forms = new Set(known.flatMap(formsOf))
  // The longest first: one form may begin another.
  const inOrder = [...forms].sort((a, b) => b.length - a.length)
  return (text) => inOrder.reduce((shown, form) => shown.replaceAll(form, '‹hidden›'), text)
}

function formsOf(secret: string): readonly string[] {
  const page = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ secret }).toString().slice('secret='.length),
    page,
    page.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    page.replaceAll('"', '&#34;').replaceAll("'", '&#x27;'),
    // The words are shown with any space as one.
    secret.replace(/\s+/g, ' ').trim(),
    // Base64 without its end: as a log or an address writes it.
    secret.replace(/=+$/, ''),
  ].filter((form) => form !== '')
}
