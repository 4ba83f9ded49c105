import type { Feature, Json } from './feature.ts'

/** Every column of `left` times every column of `right`: what the one does may depend on the other. */
export function interaction<R, A extends Json, B extends Json>(
  left: Feature<R, A>,
  right: Feature<R, B>,
): Feature<R, { readonly left: A; readonly right: B }> {
  return {
    name: `${left.name} × ${right.name}`,
    fit: (records) => ({ left: left.fit(records), right: right.fit(records) }),
    columns: (state) => left.columns(state.left).flatMap((a) => right.columns(state.right).map((b) => `${a} × ${b}`)),
    transform: (state, record) => {
      const other = right.transform(state.right, record)
      const products: number[] = []
      for (const a of left.transform(state.left, record)) for (const b of other) products.push(a * b)
      return products
    },
    form: { kind: 'product', left, right },
  }
}
