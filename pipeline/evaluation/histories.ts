import { type Example, keyFields, target, timeField } from '../task/record.ts'

/** Fields that carry a history, one value a day and the day before last: the field that they are the history of, which may be the target. */
export type Histories = { readonly [field: string]: string }

const dayInMs = 86_400_000
/** Days that a history is looked for, from the record's own on. */
const longestLag = 7
// A reading that was imputed, or a day that was no example, breaks the equality of single records only.
const mostBroken = 0.1
const fewestPairs = 20

/**
 * Whether each history ends the day before its record, as it must: its last value is compared with what the records of the same series say of the days
 * around. Returns a sentence for each that does not; one that ends with the day itself knows what is not known yet. Fewer than 20 records with a day before say nothing.
 */
export function wrongHistories(examples: readonly Example[], histories: Histories): readonly string[] {
  const at = new Map(examples.map((example) => [placeOf(example, 0), example]))
  return Object.entries(histories).flatMap(([field, source]) => {
    const shares = Array.from({ length: longestLag + 1 }, (_, lag) => sharedAt(examples, at, field, source, lag))
    const share = shares[1]
    if (share === undefined || share >= 1 - mostBroken) return []
    const lag = shares.findIndex((other) => other !== undefined && other >= 1 - mostBroken)
    return [`${found(field, source, lag)} Look at how pipeline/task/ingest.ts makes ${field}.`]
  })
}

function found(field: string, source: string, lag: number): string {
  if (lag === 0) {
    return `Leakage: ${field} ends with ${source} of the very day that is predicted, which nobody knows then; it must end the day before.`
  }
  if (lag > 1) {
    return `The history is off by ${lag === 2 ? 'one day' : `${lag - 1} days`}: ${field} ends with ${source} of ${lag} days before; it must end the day before.`
  }
  return `${field} is said to be the history of ${source} (pipeline/task/judge.ts), and its last value is not that of the day before, nor of any other within ${longestLag} days.`
}

/** The share of records whose history ends with what its source was `lag` days before; undefined where too few can tell. */
function sharedAt(
  examples: readonly Example[],
  at: ReadonlyMap<string, Example>,
  field: string,
  source: string,
  lag: number,
): number | undefined {
  let [pairs, equal] = [0, 0]
  for (const example of examples) {
    const other = at.get(placeOf(example, lag))
    const history = fieldOf(example, field)
    if (!other || !Array.isArray(history)) continue
    pairs++
    if (history.at(-1) === fieldOf(other, source)) equal++
  }
  return pairs < fewestPairs ? undefined : equal / pairs
}

const fieldOf = ({ record, target: value }: Example, field: string): unknown =>
  field === target.name ? value : (record as { readonly [field: string]: unknown })[field]

/** The series of an example and its day, `lag` days before. */
function placeOf(example: Example, lag: number): string {
  const series = keyFields.filter((field) => (field as string) !== timeField).map((field) => fieldOf(example, field))
  return `${JSON.stringify(series)} ${Date.parse(example.time.slice(0, 10)) / dayInMs - lag}`
}
