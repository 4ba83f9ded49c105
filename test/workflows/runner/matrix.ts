type Combination = { readonly [name: string]: unknown }

/**
 * The jobs of a matrix, in GitHub's order: all combinations less `exclude`, each with what `include` adds to it without overwriting, then those of `include` that
 * fit none (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstrategymatrix).
 */
export function combinationsOf(
  matrix: { readonly [name: string]: unknown } | null,
): readonly (Combination | undefined)[] {
  if (matrix === null) return [undefined]
  const { include = [], exclude = [], ...lists } = matrix
  const all = Object.entries(lists).reduce<Combination[]>(
    (made, [name, values]) =>
      made.flatMap((each) => (values as unknown[]).map((value) => ({ ...each, [name]: value }))),
    Object.keys(lists).length > 0 ? [{}] : [],
  )
  const kept = all.filter((each) => !(exclude as Combination[]).some((out) => agree(out, each, Object.keys(out))))
  const combinations: Combination[] = kept.map((each) => ({ ...each }))
  const own = Object.keys(lists)
  for (const more of include as Combination[]) {
    const shared = own.filter((name) => name in more)
    const fitting = combinations.filter((_, at) => at < kept.length && agree(more, kept[at] ?? {}, shared))
    if (fitting.length === 0) combinations.push(more)
    for (const each of fitting) Object.assign(each, more)
  }
  return combinations
}

/** A matrix as a question whose answer is JSON: an expression in it may stand for a whole list. */
export function matrixQuestion(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(matrixQuestion).join(',')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([name, each]) => `${JSON.stringify(name)}:${matrixQuestion(each)}`)
      .join(',')}}`
  const [, expression] = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(String(value)) ?? []
  return expression === undefined ? JSON.stringify(value) : `\${{ toJSON(${expression}) }}`
}

/** How GitHub names the job of a combination. */
export const nameOf = (name: string, combination: Combination | undefined) =>
  combination ? `${name} (${Object.values(combination).map(String).join(', ')})` : name

const agree = (one: Combination, other: Combination, names: readonly string[]) =>
  names.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]))
