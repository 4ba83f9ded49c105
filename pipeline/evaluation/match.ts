import { shownKey } from '../private.ts'
import { keyFields, recordSchema } from '../task/record.ts'
import type { HeldOut } from './held-out.ts'

/** Predictions of one model or baseline for the held-out records. */
export type Predictions = { readonly name: string; readonly records: readonly HeldOut[] }

/** A record's key as sentences tell it: without what is private. */
export type TellKey = (key: string) => string

export const tellKey: TellKey = (key) => shownKey(recordSchema, keyFields, key)

/** The same held-out records under every model: `records[i][m]` is record i as model m sees it, by time, then key. */
export type Matched = {
  readonly records: readonly (readonly HeldOut[])[]
  /** Why records were left out, in sentences with their numbers. */
  readonly left: readonly string[]
  /** Records left out, in percent of all keys. */
  readonly leftPercent: number
}

/**
 * Keeps the records that every model has, with the same actual value and a finite prediction: only on those can models be compared.
 * The first model's times and slices are taken. Throws when a key comes twice.
 */
export function match(models: readonly Predictions[], tell: TellKey = tellKey): Matched {
  const byKey = models.map((model) => indexByKey(model, tell))
  const keys = [...new Set(byKey.flatMap((index) => [...index.keys()]))]
  const left: string[] = []
  const kept = new Set(keys)
  models.forEach(({ name }, m) => {
    const of = (key: string) => byKey[m]?.get(key)
    const reference = (key: string) => byKey[0]?.get(key)
    const drop = (what: string, is: (key: string) => boolean) => {
      const dropped = keys.filter(is)
      for (const key of dropped) kept.delete(key)
      const [first] = dropped
      if (first !== undefined) left.push(`${count(dropped.length, keys.length)} ${what}, such as ${tell(first)}.`)
    }
    drop(`missing from the predictions of the ${name}`, (key) => of(key) === undefined)
    drop(`have another actual value with the ${name} than with the ${models[0]?.name}`, (key) => {
      const [own, first] = [of(key)?.actual, reference(key)?.actual]
      return own !== undefined && first !== undefined && own !== first
    })
    drop(`have no finite prediction or actual value with the ${name}`, (key) => {
      const record = of(key)
      return record !== undefined && !(Number.isFinite(record.prediction) && Number.isFinite(record.actual))
    })
  })
  const records = [...kept].map((key) => byKey.map((index) => index.get(key) as HeldOut)).sort(byTime)
  return { records, left, leftPercent: keys.length === 0 ? 0 : (100 * (keys.length - kept.size)) / keys.length }
}

function indexByKey({ name, records }: Predictions, tell: TellKey): ReadonlyMap<string, HeldOut> {
  const index = new Map<string, HeldOut>()
  for (const record of records) {
    if (index.has(record.key))
      throw new Error(`gate: the predictions of the ${name} hold the key ${tell(record.key)} twice`)
    index.set(record.key, record)
  }
  return index
}

function byTime([a]: readonly HeldOut[], [b]: readonly HeldOut[]): number {
  const [left, right] = [`${a?.time}\n${a?.key}`, `${b?.time}\n${b?.key}`]
  return left < right ? -1 : left > right ? 1 : 0
}

const count = (part: number, all: number) => `${part} of ${all} held-out records`
