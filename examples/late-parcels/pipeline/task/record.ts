import { type Static, Type } from 'typebox'
import type { RawFile } from '../data/contract.ts'

const depots = ['airport', 'canal', 'east', 'harbour', 'north', 'south', 'valley', 'west']
const strict = { additionalProperties: false }

/** How many days of history a record carries. */
export const historyDays = 7

const parcels = { minimum: 0, maximum: 1000, unit: 'parcels' }
const distance = { minimum: 0, maximum: 500, unit: 'km' }
const rain = { minimum: 0, maximum: 300, unit: 'mm' }
const temperature = { minimum: -30, maximum: 50, unit: '°C' }
const late = { minimum: 0, maximum: 1 }

/** The field that is learnt: 1 where the tour was late. */
export const target = { name: 'late', unit: 'probability', minimum: 0, maximum: 1 } as const

/** What is known the evening before the tour. */
export const recordSchema = Type.Object(
  {
    depot: Type.Enum(depots, {
      type: 'string',
      title: 'Depot',
      description: 'where the tour begins',
      examples: ['canal'],
    }),
    date: Type.String({
      format: 'date',
      title: 'Date',
      description: 'the day of the tour, as YYYY-MM-DD',
      examples: ['2023-07-17'],
    }),
    parcels: Type.Integer({ ...parcels, title: 'Parcels', description: 'parcels on the van', examples: [142] }),
    distance_km: Type.Number({
      ...distance,
      title: 'Distance',
      description: 'length of the tour, in km',
      examples: [96.5],
    }),
    rain_mm: Type.Number({ ...rain, title: 'Rain', description: "the day's rain as forecast, in mm", examples: [4.2] }),
    temperature_c: Type.Number({
      ...temperature,
      title: 'Temperature',
      description: 'the lowest temperature as forecast, in °C',
      examples: [11.5],
    }),
    recent_late: Type.Array(Type.Integer(late), {
      minItems: historyDays,
      maxItems: historyDays,
      title: 'Recent lateness',
      description: "whether the depot's tours of the 7 days before were late, oldest first: 1 or 0",
      examples: [[0, 1, 0, 0, 1, 1, 0]],
    }),
  },
  strict,
)

export type TaskRecord = Static<typeof recordSchema>

/** One record with the value to learn. `key` is `depot|date`, `time` the ISO date. */
export type Example = {
  readonly key: string
  readonly time: string
  readonly record: TaskRecord
  readonly target: number
}

export const keyFields = ['depot', 'date'] as const
export const timeField = 'date'

/** The contracts of the raw files that `ingest` makes records from. */
export const rawFiles = {
  tours: {
    path: 'data/tours.csv',
    schema: Type.Object(
      {
        date: Type.String({ format: 'date' }),
        depot: Type.Enum(depots, { type: 'string' }),
        parcels: Type.Integer(parcels),
        distance_km: Type.Number(distance),
        rain_mm: Type.Number(rain),
        temperature_c: Type.Number(temperature),
        late: Type.Integer(late),
      },
      strict,
    ),
    key: ['date', 'depot'],
    time: 'date',
    series: ['depot'],
    gapDays: 3,
    tolerances: {},
    owner: 'dispatch',
    checks: [
      { kind: 'copied', fields: ['parcels', 'distance_km'], days: 7, severity: 'error', owner: 'dispatch' },
      {
        kind: 'distribution',
        fields: ['parcels', 'distance_km', 'rain_mm', 'late'],
        days: 365,
        severity: 'warning',
        owner: 'dispatch',
      },
    ],
  },
} as const satisfies { readonly [name: string]: RawFile }
