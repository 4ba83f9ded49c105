import { type Static, Type } from 'typebox'
import type { RawFile } from '../data/contract.ts'

const shops = ['harbour', 'hilltop', 'lakeside', 'market', 'old-town', 'promenade', 'station', 'university']
const stations = ['city', 'coast', 'hills', 'lake']
const strict = { additionalProperties: false }

/** How many days of history a record carries. */
export const historyDays = 14

const temperature = { minimum: -30, maximum: 50, unit: '°C' }
const rain = { minimum: 0, maximum: 300, unit: 'mm' }
const sunshine = { minimum: 0, maximum: 24, unit: 'h' }
const units = { minimum: 0, maximum: 5000, unit: 'units' }

/** The field that is learnt: it is in the raw data and never in a record. */
export const target = { name: 'units_sold', unit: 'units', minimum: units.minimum, maximum: units.maximum } as const

/** What is known the evening before the day predicted: one row of the training data, and one instance in a prediction request. */
export const recordSchema = Type.Object(
  {
    shop: Type.Enum(shops, {
      type: 'string',
      title: 'Shop',
      description: 'the shop that sells',
      examples: ['harbour'],
    }),
    date: Type.String({
      format: 'date',
      title: 'Date',
      description: 'the day predicted, as YYYY-MM-DD',
      examples: ['2023-07-15'],
    }),
    temperature_c: Type.Number({
      ...temperature,
      title: 'Temperature',
      description: "the day's highest temperature as forecast the evening before, in °C",
      examples: [24.5],
    }),
    rain_mm: Type.Number({
      ...rain,
      title: 'Rain',
      description: "the day's rain as forecast the evening before, in mm",
      examples: [0.4],
    }),
    sunshine_h: Type.Number({
      ...sunshine,
      title: 'Sunshine',
      description: "the day's hours of sunshine as forecast the evening before",
      examples: [9.2],
    }),
    holiday: Type.Boolean({ title: 'Holiday', description: 'whether the day is a public holiday', examples: [false] }),
    promotion: Type.Boolean({
      title: 'Promotion',
      description: 'whether the shop runs a promotion on the day',
      examples: [false],
    }),
    recent_temperature_c: Type.Array(Type.Number(temperature), {
      minItems: historyDays,
      maxItems: historyDays,
      title: 'Recent temperatures',
      description: 'temperature_c of the 14 days before, oldest first, in °C',
      examples: [[19.8, 21.4, 23.1, 22.6, 20.2, 18.7, 19.5, 21.9, 24.3, 25.8, 26.1, 24.9, 23.7, 24.2]],
    }),
    recent_units_sold: Type.Array(Type.Number(units), {
      minItems: historyDays,
      maxItems: historyDays,
      title: 'Recent sales',
      description: "the shop's sales of the 14 days before, oldest first, in units",
      examples: [[214, 388, 402, 201, 187, 176, 205, 262, 455, 471, 266, 241, 230, 248]],
    }),
  },
  strict,
)

export type TaskRecord = Static<typeof recordSchema>

/** One record with the value to learn, in `target.unit`. `key` is `shop|date`, `time` the ISO date. */
export type Example = {
  readonly key: string
  readonly time: string
  readonly record: TaskRecord
  readonly target: number
}

export const keyFields = ['shop', 'date'] as const
export const timeField = 'date'

/** The contracts of the raw files that `ingest` makes records from. */
export const rawFiles = {
  sales: {
    path: 'data/sales.csv',
    schema: Type.Object(
      {
        date: Type.String({ format: 'date' }),
        shop: Type.Enum(shops, { type: 'string' }),
        station: Type.Enum(stations, { type: 'string', description: 'the weather station nearest to the shop' }),
        units_sold: Type.Integer(units),
        holiday: Type.Boolean(),
        promotion: Type.Boolean(),
      },
      strict,
    ),
    key: ['date', 'shop'],
    time: 'date',
    series: ['shop'],
    gapDays: 3,
    tolerances: {
      // A till that did not report: that day is no example.
      units_sold: { missingShare: 0.01, level: { by: 'ratio', limit: 4, over: 'year' } },
    },
    owner: 'sales operations',
    checks: [
      { kind: 'determined', field: 'station', by: ['shop'], severity: 'error', owner: 'sales operations' },
      { kind: 'determined', field: 'holiday', by: ['date'], severity: 'error', owner: 'sales operations' },
      {
        kind: 'reference',
        fields: ['date', 'station'],
        table: 'weather',
        to: ['date', 'station'],
        severity: 'warning',
        owner: 'weather desk',
      },
      { kind: 'copied', fields: ['units_sold'], days: 14, severity: 'error', owner: 'sales operations' },
      {
        kind: 'distribution',
        fields: ['units_sold', 'promotion'],
        days: 365,
        severity: 'warning',
        owner: 'sales operations',
      },
    ],
  },
  weather: {
    path: 'data/weather.csv',
    schema: Type.Object(
      {
        date: Type.String({ format: 'date' }),
        station: Type.Enum(stations, { type: 'string' }),
        temperature_c: Type.Number({ minimum: -30, maximum: 50, unit: '°C' }),
        rain_mm: Type.Number(rain),
        sunshine_h: Type.Number(sunshine),
      },
      strict,
    ),
    key: ['date', 'station'],
    time: 'date',
    series: ['station'],
    gapDays: 3,
    tolerances: {
      // Four equal readings in tenths of a degree do not come about by chance; stations here are never 10 °C apart.
      temperature_c: {
        missingShare: 0.02,
        stuckAfter: 4,
        spikeAbove: 10,
        level: { by: 'difference', limit: 10, over: 'month' },
      },
      rain_mm: { missingShare: 0.02, level: { by: 'ratio', limit: 4, over: 'year' } },
      sunshine_h: { missingShare: 0.02, level: { by: 'ratio', limit: 4, over: 'year' } },
    },
    owner: 'weather desk',
    checks: [
      { kind: 'fresh', days: 3, against: 'sales', severity: 'warning', owner: 'weather desk' },
      {
        kind: 'copied',
        fields: ['temperature_c', 'rain_mm', 'sunshine_h'],
        days: 7,
        severity: 'error',
        owner: 'weather desk',
      },
      {
        kind: 'distribution',
        fields: ['temperature_c', 'rain_mm', 'sunshine_h'],
        days: 365,
        severity: 'warning',
        owner: 'weather desk',
      },
    ],
  },
} as const satisfies { readonly [name: string]: RawFile }
