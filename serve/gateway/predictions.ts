import { predictionRoute } from '../prediction-route.ts'

/** Whether a request asks for predictions. Only these are drawn, booked, mirrored and asked for twice. */
export const predicts = (method: string, path: string): boolean =>
  method === 'POST' && predictionRoute(path) !== undefined

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
