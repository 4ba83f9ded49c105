/** Ordinary least squares by the normal equations (Gauss–Jordan with pivots): rows of columns and targets → a function of a row. */
export function linearFit(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
): (row: readonly number[]) => number {
  const size = rows[0]?.length ?? 0
  const system: Float64Array[] = Array.from({ length: size }, () => new Float64Array(size + 1))
  rows.forEach((row, index) => {
    for (let i = 0; i < size; i++) {
      const line = system[i] as Float64Array
      for (let j = 0; j < size; j++) line[j] = (line[j] ?? 0) + (row[i] ?? 0) * (row[j] ?? 0)
      line[size] = (line[size] ?? 0) + (row[i] ?? 0) * (targets[index] ?? 0)
    }
  })
  for (let i = 0; i < size; i++) {
    const at = (line: number) => system[line] as Float64Array
    let pivot = i
    for (let k = i + 1; k < size; k++) if (Math.abs(at(k)[i] ?? 0) > Math.abs(at(pivot)[i] ?? 0)) pivot = k
    ;[system[i], system[pivot]] = [at(pivot), at(i)]
    for (let k = 0; k < size; k++) {
      if (k === i) continue
      const factor = (at(k)[i] ?? 0) / (at(i)[i] ?? 1)
      for (let j = i; j <= size; j++) at(k)[j] = (at(k)[j] ?? 0) - factor * (at(i)[j] ?? 0)
    }
  }
  const weights = system.map((line, index) => (line[size] ?? 0) / (line[index] ?? 1))
  return (row) => row.reduce((sum, value, index) => sum + value * (weights[index] ?? 0), 0)
}
