/** What computes networks in TensorFlow.js: `wasm` and `cpu` come with the packages, `native` (TensorFlow's own library) is made by `npm run native`. */
export const backends = ['wasm', 'cpu', 'native'] as const
export type Backend = (typeof backends)[number]
