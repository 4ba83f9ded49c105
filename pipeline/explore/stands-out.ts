import type { RowChanges } from './changed-rows.ts'
import type { Comparison } from './compare.ts'
import type { Exploration, FieldExploration, TableExploration } from './exploration.ts'
import { cameOf, correlation, number, share, signed } from './wording.ts'

const mostOfAKind = 3
/** A distance (compare.ts) from which on a field has moved, and a share of rows from which on values went missing. */
const muchMoved = 0.05
const muchMissing = 0.005

/** What a reader should see first, a sentence each: what is missing or strange, what goes with the target, what comes round. Values in it may come from the data. */
export function standsOut({ tables }: Exploration, comparison?: Comparison): readonly string[] {
  const raw = tables.filter(({ path }) => path !== undefined)
  // Records repeat what the raw files show, and are what is learnt from.
  const learnt = tables.filter(({ path, fields }) => path === undefined && fields.length > 0)
  const lines = [
    ...(comparison ? changed(comparison) : []),
    ...raw.flatMap((table) => [...missing(table), ...strange(table)]),
    ...(learnt.length > 0 ? learnt : raw).flatMap((table) => [...together(table), ...seasons(table)]),
  ]
  return lines.length > 0 ? lines : ['Nothing: no value is missing, none is far off, and nothing goes with the target.']
}

function changed({ against, tables }: Comparison): readonly string[] {
  if (tables.length === 0) return [`The data are the same as those of ${against}.`]
  return tables.flatMap(({ name, path, rows, until, fields, byKey }) => {
    const table = path ?? name
    const more = rows.now === rows.before ? [] : [`${number(rows.before)} → ${number(rows.now)} rows`]
    const later =
      until && until.before !== until.now ? [`until ${until.before.slice(0, 10)} → ${until.now.slice(0, 10)}`] : []
    const moved = fields
      .filter(({ distance }) => (distance ?? 0) >= muchMoved)
      .toSorted((a, b) => (b.distance ?? 0) - (a.distance ?? 0))
      .slice(0, mostOfAKind)
      .map(({ name: field, distance, mean }) => {
        const means = mean ? `, its mean ${number(mean.before)} → ${number(mean.now)}` : ''
        return `${table}: ${field} lies otherwise (distance ${(distance ?? 0).toFixed(2)})${means}.`
      })
    const values = fields.flatMap(({ name: field, appeared, vanished }) => [
      ...(appeared.length > 0
        ? [`${table}: ${field} has new values: ${appeared.slice(0, mostOfAKind).join(', ')}.`]
        : []),
      ...(vanished.length > 0 ? [`${table}: ${field} has no more: ${vanished.slice(0, mostOfAKind).join(', ')}.`] : []),
    ])
    const gone = fields
      .filter(({ missing }) => missing.now - missing.before >= muchMissing)
      .map(
        ({ name: field, missing }) =>
          `${table}: ${field} is missing in ${share(missing.before)} → ${share(missing.now)} of rows.`,
      )
    const size =
      more.length + later.length > 0 ? [`${table}, against ${against}: ${[...more, ...later].join(', ')}.`] : []
    return [...size, ...rowsOf(table, byKey), ...moved, ...values, ...gone]
  })
}

/** What became of rows by their key: a past that is told otherwise now is seldom meant. */
function rowsOf(table: string, byKey: RowChanges | undefined): readonly string[] {
  if (!byKey || 'unknown' in byKey) return []
  const { added, removed, both, changed, fields } = byKey
  const came = [
    ...(added.rows > 0 ? [`new rows: ${cameOf(added)}`] : []),
    ...(removed.rows > 0 ? [`rows that are gone: ${cameOf(removed)}`] : []),
  ]
  const most = fields.slice(0, mostOfAKind).map(({ field, rows, difference, examples: [example] }) => {
    const by = difference ? ` (${signed(difference.mean)} on average)` : ''
    const such = example ? `, as ${example.key}: ${example.before} → ${example.now}` : ''
    return `${table}: ${field} differs in ${number(rows)} ${rows === 1 ? 'row' : 'rows'}${by}${such}.`
  })
  return [
    ...(came.length > 0 ? [`${table}: ${came.join(', ')}.`] : []),
    ...(changed > 0 ? [`${table}: ${number(changed)} of the ${number(both)} rows that both have differ.`] : []),
    ...most,
  ]
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
