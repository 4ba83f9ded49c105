/**
 * Whether a request asks for predictions, in any of the protocols that servers speak: `POST /v1/predict`, `/invocations` (MLflow's) and
 * `/v2/models/<name>[/versions/<version>]/infer` (Open Inference Protocol V2). Only these are drawn, booked, mirrored and asked for twice.
 */
export function predicts(method: string, path: string): boolean {
  if (method !== 'POST') return false
  const query = path.indexOf('?')
  const bare = query < 0 ? path : path.slice(0, query)
  return (
    bare === '/v1/predict' || bare === '/invocations' || /^\/v2\/models\/[^/]+(\/versions\/[^/]+)?\/infer$/.test(bare)
  )
}

/** The predictions in an answer of any of these protocols; null where there are none. */
export function predictionsIn(body: Buffer): readonly unknown[] | null {
  try {
    const answer = JSON.parse(body.toString('utf8')) as {
      readonly predictions?: unknown
      readonly outputs?: readonly { readonly data?: unknown }[]
    }
    const found = answer.predictions ?? answer.outputs?.[0]?.data
    return Array.isArray(found) && found.length > 0 ? found : null
  } catch {
    return null
  }
}
