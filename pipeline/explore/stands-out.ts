import type { Exploration, FieldExploration, TableExploration } from './exploration.ts'
import { correlation, number, share } from './wording.ts'

const mostOfAKind = 3

/** What a reader should see first, a sentence each: what is missing or strange, what goes with the target, what comes round. Values in it may come from the data. */
export function standsOut({ tables }: Exploration): readonly string[] {
  const raw = tables.filter(({ path }) => path !== undefined)
  // Records repeat what the raw files show, and are what is learnt from.
  const learnt = tables.filter(({ path, fields }) => path === undefined && fields.length > 0)
  const lines = [
    ...raw.flatMap((table) => [...missing(table), ...strange(table)]),
    ...(learnt.length > 0 ? learnt : raw).flatMap((table) => [...together(table), ...seasons(table)]),
  ]
  return lines.length > 0 ? lines : ['Nothing: no value is missing, none is far off, and nothing goes with the target.']
}

const of = (table: TableExploration, field: FieldExploration) => `${table.path ?? table.name}: ${field.name}`

function missing(table: TableExploration): readonly string[] {
  const gone = table.fields.filter(({ missing, unreadable, notFinite }) => missing + unreadable + notFinite > 0)
  return gone
    .toSorted((a, b) => a.count - b.count)
    .slice(0, mostOfAKind)
    .map((field) => {
      const { unreadable, notFinite } = field
      const kinds = [
        ...(unreadable > 0 ? [`${number(unreadable)} of another type`] : []),
        ...(notFinite > 0 ? [`${number(notFinite)} NaN or infinite`] : []),
      ]
      const lost = table.rows - field.count
      return `${of(table, field)} has no value that counts in ${number(lost)} rows (${share(lost / table.rows)})${kinds.length > 0 ? `, of which ${kinds.join(' and ')}` : ''}.`
    })
}

function strange(table: TableExploration): readonly string[] {
  const constant = table.fields.filter(
    ({ numbers, values, others, count }) =>
      count > 1 && (numbers ? numbers.min === numbers.max : values?.length === 1 && !others),
  )
  const far = table.fields
    .flatMap((field) => {
      const { below = 0, above = 0, farthest = [] } = field.numbers?.outliers ?? {}
      return below + above > 0 ? [{ field, beyond: below + above, farthest: farthest[0] }] : []
    })
    .toSorted((a, b) => b.beyond - a.beyond)
  return [
    ...constant.map((field) => `${of(table, field)} has one value only.`),
    ...far
      .slice(0, mostOfAKind)
      .map(
        ({ field, beyond, farthest }) =>
          `${of(table, field)} has ${number(beyond)} outliers (${share(beyond / field.count)})${farthest ? `, up to ${number(farthest.value)}` : ''}.`,
      ),
  ]
}

function together(table: TableExploration): readonly string[] {
  return table.fields
    .filter(({ association }) => (association?.explained ?? 0) >= 0.05)
    .toSorted((a, b) => (b.association?.explained ?? 0) - (a.association?.explained ?? 0))
    .slice(0, mostOfAKind)
    .map((field) => {
      const { explained = 0, pearson } = field.association ?? {}
      return `${of(table, field)} alone explains ${share(explained)} of the variance of ${table.target}${pearson === undefined ? '' : ` (correlation ${correlation(pearson)})`}.`
    })
}

function seasons(table: TableExploration): readonly string[] {
  const target = table.fields.find(({ isTarget }) => isTarget)
  return (target?.cycles ?? [])
    .filter(({ explained }) => explained >= 0.01)
    .map(
      ({ name, explained }) =>
        `${of(table, target as FieldExploration)} comes round: the ${name} explains ${share(explained)} of its variance.`,
    )
}
