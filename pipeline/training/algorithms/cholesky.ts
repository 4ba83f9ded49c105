/**
 * Solves A x = b for a symmetric, positive definite A (n × n, row by row, only its lower triangle is read) by Cholesky's factorisation
 * (Golub & Van Loan, Matrix Computations, 4.2). Throws when A is not positive definite.
 */
export function solve(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length
  const lower = factor(a, n)
  const x = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] = at(x, i) - at(lower, i * n + k) * at(x, k)
    x[i] = at(x, i) / at(lower, i * n + i)
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] = at(x, i) - at(lower, k * n + i) * at(x, k)
    x[i] = at(x, i) / at(lower, i * n + i)
  }
  return x
}

/** The lower triangle L with A = L Lᵀ. */
function factor(a: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = at(a, i * n + j)
      for (let k = 0; k < j; k++) rest -= at(lower, i * n + k) * at(lower, j * n + k)
      if (i === j && !(rest > 0))
        throw new Error(`cholesky: the matrix is not positive definite in row ${i + 1} of ${n}`)
      lower[i * n + j] = i === j ? Math.sqrt(rest) : rest / at(lower, j * n + j)
    }
  }
  return lower
}

const at = (values: Float64Array, index: number): number => values[index] as number
