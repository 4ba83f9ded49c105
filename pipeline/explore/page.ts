import { html } from '../report/escape.ts'
import { headOf } from '../report/html.ts'
import { sheet } from '../report/sheet.ts'
import type { RowChanges } from './changed-rows.ts'
import type { Chart } from './chart.ts'
import { chartsOfComparison } from './charts-of-comparison.ts'
import type { Comparison, TableChange } from './compare.ts'
import { vegaOf } from './draw.ts'
import { fieldCharts, tableCharts } from './drawings.ts'
import type { Exploration, FieldExploration, TableExploration } from './exploration.ts'
import { inlinedScripts } from './inlined.ts'
import { pageSheet } from './page-sheet.ts'
import { cameOf, correlation, number, share, signed, withUnit } from './wording.ts'

const mostRows = 400

/** Six digits of a number are more than a chart shows. */
const shortened = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value

function chartsOf({ tables }: Exploration): readonly Chart[] {
  return tables.flatMap((table, at) => [
    ...tableCharts(table, at),
    ...table.fields.flatMap((_, index) => fieldCharts(table, at, index)),
  ])
}

/**
 * The exploration as one HTML page that asks no host for anything: charts that answer the pointer, each with a table beside it, light and dark. All texts of `exploration` may come from a
 * stranger: they are escaped, and its policy runs our own scripts only, by their hashes, which interpret charts and evaluate no text.
 */
export async function pageOf(
  title: string,
  exploration: Exploration,
  standsOut: readonly string[],
  comparison?: Comparison,
): Promise<string> {
  const scripts = await inlinedScripts()
  const { tables } = exploration
  const between = comparison ? chartsOfComparison(comparison, exploration) : []
  const specs = Object.fromEntries([...between, ...chartsOf(exploration)].map((chart) => [chart.id, vegaOf(chart)]))
  const links = tables.map(({ name, path }, at) => `<li><a href="#t${at}">${html(path ?? name)}</a></li>`)
  if (comparison) links.unshift(`<li><a href="#against">${html(`Against ${comparison.against}`)}</a></li>`)
  const policy = `default-src 'none'; script-src ${scripts.map(({ allowed }) => allowed).join(' ')}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`
  return `${headOf(`${title}: exploration`, policy, sheet + pageSheet)}
<body>
<main>
<header>
<p class="title">${html(title)}</p>
<h1>Exploration of the data</h1>
<nav aria-label="Tables"><ul>${links.join('')}</ul></nav>
</header>
<noscript><p>Charts are drawn by script; each has a table under it, which needs none.</p></noscript>
<h2>What stands out</h2>
<ul>${standsOut.map((line) => `<li>${html(line)}</li>`).join('\n')}</ul>
${comparison ? comparisonSection(comparison, between) : ''}
${tables.map(section).join('\n')}
</main>
<div id="tip" aria-hidden="true" hidden></div>
<script type="application/json" id="charts">${JSON.stringify(specs, shortened).replaceAll('<', '\\u003c')}</script>
${scripts.map(({ code }) => `<script>${code}</script>`).join('\n')}
</body>
</html>
`
}

function comparisonSection({ against, data, tables }: Comparison, charts: readonly Chart[]): string {
  const said =
    tables.length === 0
      ? 'The data are the same, byte for byte.'
      : 'Distance is the greatest difference of the two distribution functions (Kolmogorov and Smirnov’s D), and of categories half the sum of the differences of their shares: from 0, the same, to 1.'
  return `<section id="against" aria-labelledby="against-h">
<h2 id="against-h">Against ${html(against)}</h2>
<p>${said} Those data: <code>${html(data)}</code></p>
${tables.map(changeTable).join('\n')}
<div class="grid">${charts.map(figure).join('\n')}</div>
</section>`
}

function changeTable({ name, path, rows, until, fields, byKey }: TableChange): string {
  const both = (before: string, now: string) => (before === now ? now : `${before} → ${now}`)
  const last = until ? `, until ${both(until.before.slice(0, 10), until.now.slice(0, 10))}` : ''
  const lines = fields
    .toSorted((a, b) => (b.distance ?? 0) - (a.distance ?? 0))
    .map(({ name: field, distance, missing, mean, appeared, vanished }) => [
      field,
      distance === null ? '' : distance.toFixed(3),
      both(share(missing.before), share(missing.now)),
      mean ? both(number(mean.before), number(mean.now)) : '',
      [...appeared.map((value) => `+ ${value}`), ...vanished.map((value) => `− ${value}`)].join(', '),
    ])
  const caption = `${path ?? name}: ${both(number(rows.before), number(rows.now))} rows${last}`
  return `${tableOf(caption, ['field', 'distance', 'missing', 'mean', 'values'], lines, 'values')}${byKey ? rowsByKey(path ?? name, byKey) : ''}`
}

function rowsByKey(table: string, byKey: RowChanges): string {
  if ('unknown' in byKey) return `<p>${html(`${table}: which rows changed cannot be told: ${byKey.unknown}.`)}</p>`
  const { added, removed, both, changed, fields } = byKey
  const said = `${table}, row by row: new: ${cameOf(added)}, gone: ${cameOf(removed)}; of ${number(both)} that both have, ${number(changed)} differ.`
  if (fields.length === 0) return `<p>${html(said)}</p>`
  const lines = fields.map(({ field, rows, difference, examples }) => [
    field,
    number(rows),
    difference ? signed(difference.mean) : '',
    difference ? signed(difference.most) : '',
    examples.map(({ key, before, now }) => `${key}: ${before} → ${now}`).join('; '),
  ])
  return tableOf(
    said,
    ['field', 'rows that differ', 'now − before, mean', 'at most', 'those that differ most'],
    lines,
    'those that differ most',
  )
}

function section(table: TableExploration, at: number): string {
  const { name, path, rows, fields, hidden, failed } = table
  const what =
    path === undefined
      ? 'What ingest makes of the raw files, and the model learns from.'
      : `The raw file ${html(path)}.`
  const secret =
    hidden.length === 0
      ? ''
      : `<p>Private, and not looked at: ${hidden.map((field) => `<code>${html(field)}</code>`).join(' ')}</p>`
  return `<section id="t${at}" aria-labelledby="t${at}-h">
<h2 id="t${at}-h">${html(name)}</h2>
<p>${what} ${failed === undefined ? `${number(rows)} rows.` : `They could not be made: ${html(failed)}`}</p>
${secret}
${fields.length === 0 ? '' : overview(table)}
<div class="grid">${tableCharts(table, at).map(figure).join('\n')}</div>
${fields.map((field, index) => fieldSection(field, fieldCharts(table, at, index))).join('\n')}
</section>`
}

function overview({ name, fields, rows, target }: TableExploration): string {
  const columns = [
    'field',
    'missing',
    'least',
    'median',
    'mean',
    'greatest',
    'different',
    'outliers',
    ...(target === undefined ? [] : [`with ${target}`]),
  ]
  const lines = fields.map((field) => {
    const { numbers, association, isTarget } = field
    const far = numbers?.outliers
    return [
      `${withUnit(field)}${isTarget ? ', the target' : ''}`,
      share((rows - field.count) / Math.max(1, rows)),
      ...(field.span
        ? [field.span.from.slice(0, 10), '', '', field.span.to.slice(0, 10)]
        : numbers
          ? [number(numbers.min), number(numbers.quantiles['50']), number(numbers.mean), number(numbers.max)]
          : ['', '', '', '']),
      field.kind === 'time'
        ? ''
        : `${(field.values && !field.others) || field.kind === 'boolean' ? '' : '≈ '}${number(field.distinct)}`,
      far ? number(far.below + far.above) : '',
      ...(target === undefined
        ? []
        : [
            association?.pearson !== undefined
              ? correlation(association.pearson)
              : association?.explained !== undefined
                ? `explains ${share(association.explained)}`
                : '',
          ]),
    ]
  })
  return tableOf(`Fields of ${name}`, columns, lines)
}

function fieldSection(field: FieldExploration, charts: readonly Chart[]): string {
  const { name, count, missing, unreadable, notFinite, numbers } = field
  const bad = [
    ...(missing > 0 ? [`${number(missing)} missing`] : []),
    ...(unreadable > 0 ? [`${number(unreadable)} of another type`] : []),
    ...(notFinite > 0 ? [`${number(notFinite)} NaN or infinite`] : []),
  ]
  const far = numbers?.outliers
  const beyond = far ? far.below + far.above : 0
  const outliers =
    far && beyond > 0
      ? `<details><summary>${number(beyond)} outliers: below ${number(far.low)} or above ${number(far.high)}</summary>
<p>Beyond Tukey’s outer fences, three interquartile ranges from the quartiles; the farthest:</p>
${tableOf(
  `Farthest values of ${name}`,
  ['row', withUnit(field)],
  far.farthest.map(({ key, value }) => [key, number(value)]),
)}</details>`
      : ''
  if (charts.length === 0 && outliers === '') return ''
  return `<details class="field" open><summary><h3>${html(withUnit(field))}</h3><span class="facts">${[`${number(count)} values`, ...bad].join(', ')}${field.isTarget ? ', the target' : ''}</span></summary>
<div class="grid">${charts.map(figure).join('\n')}</div>
${outliers}
</details>`
}

function figure({ id, title, says, table }: Chart): string {
  const { columns, rows } = table
  const left = rows.length - mostRows
  return `<figure>
<figcaption><strong>${html(title)}</strong><span>${html(says)}</span></figcaption>
<div role="img" aria-label="${html(`${title}. ${says}`)}"><div class="drawing" id="${id}"></div></div>
<details><summary>As a table</summary>${tableOf(title, columns, rows.slice(0, mostRows))}${left > 0 ? `<p>And ${number(left)} rows more.</p>` : ''}</details>
</figure>`
}

/** The first column names its row; the others hold numbers, but for the one called `words`, which may be long. */
function tableOf(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  words?: string,
): string {
  const kind = (index: number) => (index > 0 && columns[index] !== words ? ' class="number"' : '')
  const cell = (text: string, index: number) =>
    index === 0 ? `<th scope="row">${html(text)}</th>` : `<td${kind(index)}>${html(text)}</td>`
  return `<div class="wide" role="region" aria-label="${html(caption)}" tabindex="0"><table>
<caption>${html(caption)}</caption>
<thead><tr>${columns.map((column, index) => `<th scope="col"${kind(index)}>${html(column)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</tbody>
</table></div>`
}
