/** The scale that a model learns on: `toModel` takes a value in units of the target there, `fromModel` back. */
export type Link = { readonly toModel: (value: number) => number; readonly fromModel: (value: number) => number }

/** For amounts whose causes multiply: their logarithms add, and log1p bears zeros. */
export const logarithmic: Link = { toModel: Math.log1p, fromModel: Math.expm1 }
