type Values = { readonly [name: string]: string }

/** Names of the secrets that a text holds, in clear or in a form that says as much. */
export function leaksIn(text: string, secrets: Values): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name)
}

/** A text as GitHub shows it: secrets and what steps asked to be masked are stars. */
export function mask(text: string, secrets: Values, more: Iterable<string>): string {
  let masked = text
  for (const value of [...Object.values(secrets), ...more].flatMap(formsOf)) masked = masked.replaceAll(value, '***')
  return masked
}

/** As it is, escaped for JSON and addresses, and within something in Base64, wherever it begins there (actions/runner, `ValueEncoders.cs`). */
function formsOf(secret: string): string[] {
  if (secret === '') return []
  const shifted = [0, 1, 2].map((skip) => {
    const whole = Buffer.from(secret).subarray(skip)
    return whole.subarray(0, whole.length - (whole.length % 3)).toString('base64')
  })
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...shifted.filter((form) => form.length >= 8),
  ]
  return [...new Set(forms)]
}
