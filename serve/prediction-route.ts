/**
 * The pattern of the route that predicts which an address leads to, in any of the protocols that servers speak: `/v1/predict`, `/invocations` (MLflow's) and
 * `/v2/models/<name>[/versions/<version>]/infer` (Open Inference Protocol V2). Undefined where it leads elsewhere.
 */
export function predictionRoute(url: string): string | undefined {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  if (path === '/v1/predict' || path === '/invocations') return path
  const [whole, version] = /^\/v2\/models\/[^/]+(\/versions\/[^/]+)?\/infer$/.exec(path) ?? []
  if (whole === undefined) return undefined
  return version === undefined ? '/v2/models/:model/infer' : '/v2/models/:model/versions/:version/infer'
}
