import { sampleFrom } from '../../pipeline/data/sample/sample.ts'

/** The sample's files: text by path. */
export type Files = { readonly [path: string]: string | Buffer }

/** One kind of damage, and by which rule it must be found; in which field where the finding names one. */
export type Corruption = {
  readonly name: string
  readonly plant: (files: { readonly [path: string]: string }) => Files
  readonly rules: readonly string[]
  readonly field?: string
}

const sales = 'data/sales.csv'
const weather = 'data/weather.csv'
const columns = {
  [sales]: ['date', 'shop', 'station', 'units_sold', 'holiday', 'promotion'],
  [weather]: ['date', 'station', 'temperature_c', 'rain_mm', 'sunshine_h'],
} as const
type Path = keyof typeof columns

/** One file with its lines changed; `null` deletes one, line 1 is the header. */
const lines =
  (path: Path, change: (line: string, number: number) => string | null): Corruption['plant'] =>
  (files) => ({
    ...files,
    [path]: (files[path] ?? '')
      .split('\n')
      .map((line, at) => (line === '' ? line : change(line, at + 1)))
      .filter((line) => line !== null)
      .join('\n'),
  })

/** One column changed in the rows that `where` (a pattern over the whole line) names; empty values stay empty. */
const cells = (path: Path, where: RegExp, column: string, change: (value: string) => string) =>
  lines(path, (line, number) => {
    if (number === 1 || !where.test(line)) return line
    const at = (columns[path] as readonly string[]).indexOf(column)
    return line
      .split(',')
      .map((value, index) => (index === at && value !== '' ? change(value) : value))
      .join(',')
  })

/** One cell, of the row `number`. */
const cell = (path: Path, number: number, column: string, value: string) =>
  lines(path, (line, at) => {
    if (at !== number) return line
    const index = (columns[path] as readonly string[]).indexOf(column)
    return line
      .split(',')
      .map((old, of) => (of === index ? value : old))
      .join(',')
  })

const times =
  (factor: number, digits = 1) =>
  (value: string) =>
    (Number(value) * factor).toFixed(digits)
const plus = (summand: number) => (value: string) => (Number(value) + summand).toFixed(1)

/** The rows that `to` names get the readings of the series `from`, `daysBefore` earlier. */
const copies = (path: Path, to: RegExp, from: string, daysBefore: number): Corruption['plant'] => {
  const readings = path === sales ? [3] : [2, 3, 4]
  return (files) => {
    const rows = (files[path] ?? '').split('\n').map((line) => line.split(','))
    const known = new Map(rows.map((row) => [`${row[0]}|${row[1]}`, row]))
    return lines(path, (line, number) => {
      if (number === 1 || !to.test(line)) return line
      const row = line.split(',')
      const day = new Date(Date.parse(row[0] ?? '') - daysBefore * 86_400_000).toISOString().slice(0, 10)
      const other = known.get(`${day}|${from}`)
      return row.map((value, at) => (readings.includes(at) ? other?.[at] || value : value)).join(',')
    })(files)
  }
}

const bytes =
  (path: Path, change: (content: Buffer) => Buffer): Corruption['plant'] =>
  (files) => ({ ...files, [path]: change(Buffer.from(files[path] ?? '')) })

const without =
  (path: Path): Corruption['plant'] =>
  ({ [path]: _, ...rest }) =>
    rest

const header = (path: Path, change: (line: string) => string) =>
  lines(path, (line, at) => (at === 1 ? change(line) : line))

/** Kinds of damage that data are known to take on their way, each planted alone into the sample. */
export const corruptions: readonly Corruption[] = [
  // The file.
  { name: 'a file is missing', plant: without(sales), rules: ['missing file'] },
  { name: 'a file is empty', plant: (files) => ({ ...files, [weather]: '' }), rules: ['empty file'] },
  {
    name: 'a file has a header only',
    plant: lines(sales, (line, at) => (at === 1 ? line : null)),
    rules: ['empty file'],
  },
  {
    name: 'a file is no text',
    plant: bytes(sales, (content) => Buffer.from(content.map((byte) => byte ^ 0x5a))),
    rules: ['missing column', 'not CSV'],
  },
  {
    name: 'a column is missing',
    plant: lines(weather, (line) => line.split(',').slice(0, 4).join(',')),
    rules: ['missing column'],
    field: 'sunshine_h',
  },
  {
    name: 'a column is renamed',
    plant: header(sales, (line) => line.replace('units_sold', 'units')),
    rules: ['missing column'],
    field: 'units_sold',
  },
  {
    name: 'a column more',
    plant: lines(sales, (line, at) => `${line},${at === 1 ? 'price' : '3'}`),
    rules: ['unknown column'],
  },
  {
    name: 'a column twice',
    plant: lines(sales, (line, at) => `${line},${at === 1 ? 'shop' : 'x'}`),
    rules: ['column twice'],
  },
  {
    name: 'a column without a name',
    plant: lines(weather, (line, at) => `${line},${at === 1 ? '' : '1'}`),
    rules: ['column without a name'],
  },
  {
    name: 'semicolons for commas',
    plant: lines(weather, (line) => line.replaceAll(',', ';')),
    rules: ['missing column'],
    field: 'rain_mm',
  },
  {
    name: 'two headers swapped',
    plant: header(weather, (line) => line.replace('temperature_c,rain_mm', 'rain_mm,temperature_c')),
    rules: ['minimum'],
    field: 'rain_mm',
  },
  {
    name: 'a row with a value too many',
    plant: lines(sales, (line, at) => (at === 999 ? `${line},1` : line)),
    rules: ['not a row'],
  },
  {
    name: 'a row cut off',
    plant: lines(sales, (line, at) => (at === 999 ? line.slice(0, 16) : line)),
    rules: ['not a row'],
  },
  {
    name: 'a blank line',
    plant: lines(weather, (line, at) => (at === 999 ? `${line}\n` : line)),
    rules: ['blank line'],
  },
  {
    name: 'a quote left open',
    plant: lines(sales, (line, at) => (at === 999 ? line.replace(',', ',"') : line)),
    rules: ['open quotes'],
  },
  {
    name: 'bytes that are no UTF-8',
    plant: bytes(sales, (content) =>
      Buffer.concat([content.subarray(0, 4000), Buffer.from([0xe9, 0xff]), content.subarray(4000)]),
    ),
    rules: ['not a row'],
  },
  {
    name: 'a second header, where two files were joined',
    plant: lines(sales, (line, at) => (at === 999 ? `${columns[sales].join(',')}\n${line}` : line)),
    rules: ['type'],
    field: 'units_sold',
  },
  // Values.
  { name: 'a word for a number', plant: cell(sales, 999, 'units_sold', 'many'), rules: ['type'], field: 'units_sold' },
  {
    name: 'a decimal comma',
    plant: cell(weather, 999, 'temperature_c', '"12,5"'),
    rules: ['type'],
    field: 'temperature_c',
  },
  { name: 'NaN', plant: cell(weather, 999, 'rain_mm', 'NaN'), rules: ['type'], field: 'rain_mm' },
  {
    name: 'a fraction of a unit',
    plant: cell(sales, 999, 'units_sold', '310.5'),
    rules: ['type'],
    field: 'units_sold',
  },
  { name: 'yes for true', plant: cell(sales, 999, 'holiday', 'yes'), rules: ['type'], field: 'holiday' },
  { name: 'negative sales', plant: cell(sales, 999, 'units_sold', '-3'), rules: ['minimum'], field: 'units_sold' },
  {
    name: 'an impossible temperature',
    plant: cell(weather, 999, 'temperature_c', '61'),
    rules: ['maximum'],
    field: 'temperature_c',
  },
  {
    name: '-99 for a missing value',
    plant: cell(weather, 999, 'temperature_c', '-99'),
    rules: ['minimum'],
    field: 'temperature_c',
  },
  { name: 'an unknown shop', plant: cell(sales, 999, 'shop', 'pier'), rules: ['enum'], field: 'shop' },
  {
    name: 'a name in capitals',
    plant: cells(sales, /^2021-03.*,harbour/, 'shop', () => 'Harbour'),
    rules: ['enum'],
    field: 'shop',
  },
  { name: 'a space after a name', plant: cell(weather, 999, 'station', 'city '), rules: ['enum'], field: 'station' },
  {
    name: 'dates written otherwise',
    plant: cells(sales, /^2022-0[1-3]/, 'date', (date) => date.split('-').reverse().join('.')),
    rules: ['format'],
    field: 'date',
  },
  { name: 'a day that is none', plant: cell(sales, 999, 'date', '2018-02-30'), rules: ['format'], field: 'date' },
  {
    name: 'a day in the year 9999',
    plant: cell(weather, 999, 'date', '9999-12-31'),
    rules: ['impossible day'],
    field: 'date',
  },
  { name: 'an empty key', plant: cell(sales, 999, 'shop', ''), rules: ['required'], field: 'shop' },
  { name: 'an empty date', plant: cell(weather, 999, 'date', ''), rules: ['required'], field: 'date' },
  {
    name: 'a twentieth of the values missing',
    plant: lines(weather, (line, at) => (at > 1 && at % 20 === 0 ? line.replace(/[^,]*$/, '') : line)),
    rules: ['missing values'],
    field: 'sunshine_h',
  },
  // Rows.
  {
    name: 'one key, two values',
    plant: lines(sales, (line, at) => (at === 999 ? `${line}\n${line.replace(/,\d+,/, ',7,')}` : line)),
    rules: ['one key, two values'],
  },
  {
    name: 'a delivery twice',
    plant: lines(sales, (line) => (line.startsWith('2020-05-05') ? `${line}\n${line}` : line)),
    rules: ['delivered twice'],
  },
  {
    name: 'rows in another order',
    plant: (files) => ({ ...files, [weather]: reversed(files[weather] ?? '') }),
    rules: ['out of order'],
    field: 'date',
  },
  {
    name: 'a month gone everywhere',
    plant: lines(weather, (line) => (line.startsWith('2021-07-') ? null : line)),
    rules: ['missing days'],
    field: 'date',
  },
  {
    name: 'a month of one shop gone',
    plant: lines(sales, (line) => (/^2021-07-..,market/.test(line) ? null : line)),
    rules: ['missing days'],
    field: 'date',
  },
  {
    name: 'the last five days late',
    plant: lines(weather, (line) => (line > '2023-12-27' && line < '2024' ? null : line)),
    rules: ['fresh'],
    field: 'date',
  },
  {
    name: 'a shop gone',
    plant: lines(sales, (line) => (line.includes(',lakeside,') ? null : line)),
    rules: ['series missing'],
    field: 'shop',
  },
  {
    name: 'the first month alone',
    plant: lines(sales, (line, at) => (at === 1 || line.startsWith(sampleFrom.slice(0, 7)) ? line : null)),
    rules: ['too few days'],
    field: 'date',
  },
  {
    name: 'a station that the weather lacks that day',
    plant: lines(weather, (line) => (/^2022-06-1[01],lake/.test(line) ? null : line)),
    rules: ['reference'],
  },
  {
    name: 'a shop beside another station',
    plant: cells(sales, /^2022-06-1.,market/, 'station', () => 'coast'),
    rules: ['determined'],
    field: 'station',
  },
  {
    name: 'a holiday that one shop does not know',
    plant: cells(sales, /^2022-12-25,market/, 'holiday', () => 'false'),
    rules: ['determined'],
    field: 'holiday',
  },
  {
    name: 'weeks copied from another shop',
    plant: copies(sales, /^2022-06-..,market/, 'old-town', 0),
    rules: ['copied'],
    field: 'units_sold',
  },
  {
    name: 'weeks copied from the year before',
    plant: copies(weather, /^2023-06-..,coast/, 'coast', 365),
    rules: ['copied'],
  },
  // Series.
  {
    name: 'a sensor stuck for two weeks',
    plant: cells(weather, /^2022-04-(0|1[0-4]).*,coast/, 'temperature_c', () => '11.3'),
    rules: ['stuck sensor'],
    field: 'temperature_c',
  },
  {
    name: 'a sensor that spikes',
    plant: cells(weather, /^2022-04-.5,coast/, 'temperature_c', plus(17)),
    rules: ['spiking sensor'],
    field: 'temperature_c',
  },
  {
    name: 'a sensor stuck for two years',
    plant: cells(weather, /^202[01].*,coast/, 'temperature_c', () => '13.0'),
    rules: ['few believable readings'],
    field: 'temperature_c',
  },
  {
    name: 'a value that never changes',
    plant: cells(weather, /,hills,/, 'rain_mm', () => '0.0'),
    rules: ['constant value'],
    field: 'rain_mm',
  },
  // Units.
  {
    name: 'Fahrenheit, in one station',
    plant: cells(weather, /^2022-(0[4-9]|1.).*,coast/, 'temperature_c', (celsius) =>
      (Number(celsius) * 1.8 + 32).toFixed(1),
    ),
    rules: ['level shift'],
    field: 'temperature_c',
  },
  {
    name: 'Kelvin',
    plant: cells(weather, /^2023/, 'temperature_c', plus(273.15)),
    rules: ['maximum'],
    field: 'temperature_c',
  },
  {
    name: 'inches for millimetres',
    plant: cells(weather, /^2023/, 'rain_mm', times(1 / 25.4, 2)),
    rules: ['level shift'],
    field: 'rain_mm',
  },
  {
    name: 'minutes for hours',
    plant: cells(weather, /^2023/, 'sunshine_h', times(60)),
    rules: ['maximum'],
    field: 'sunshine_h',
  },
  {
    name: 'dozens for units, in one shop',
    plant: cells(sales, /^2023.*,market/, 'units_sold', times(1 / 12, 0)),
    rules: ['level shift'],
    field: 'units_sold',
  },
  // Distributions.
  {
    name: 'a sensor 3 °C off for a year',
    plant: cells(weather, /^2023.*,hills/, 'temperature_c', plus(3)),
    rules: ['distribution'],
    field: 'temperature_c',
  },
  {
    name: 'sunshine cut off at eight hours',
    plant: cells(weather, /^2023/, 'sunshine_h', (hours) => Math.min(8, Number(hours)).toFixed(1)),
    rules: ['distribution'],
    field: 'sunshine_h',
  },
  {
    name: 'two shops swapped for a year',
    plant: cells(sales, /^2023/, 'shop', (shop) => ({ harbour: 'hilltop', hilltop: 'harbour' })[shop] ?? shop),
    rules: ['distribution'],
    field: 'units_sold',
  },
  {
    name: 'half of a shop’s till not counted',
    plant: cells(sales, /^2023.*,station/, 'units_sold', times(0.5, 0)),
    rules: ['distribution'],
    field: 'units_sold',
  },
  {
    name: 'promotions not entered for a year',
    plant: cells(sales, /^2023/, 'promotion', () => 'false'),
    rules: ['distribution'],
    field: 'promotion',
  },
]

function reversed(text: string): string {
  const [head = '', ...rows] = text.trimEnd().split('\n')
  return `${[head, ...rows.reverse()].join('\n')}\n`
}
