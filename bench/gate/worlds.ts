import { makeSample, sampleSeed } from '../../pipeline/data/sample/sample.ts'
import type { Example } from '../../pipeline/task/record.ts'
import { examplesOf } from '../sample-examples.ts'

/** The sample from the month `from` (`2020-07`) on, as examples. */
export const sampleExamples = (from: string): Promise<readonly Example[]> => examplesOf(makeSample(sampleSeed), from)

/** The records after the day `after` of other worlds like the sample's, which no model has seen and the gate does not see: what is true of a model, all but for chance. */
export async function otherExamples(worlds: number, after: string): Promise<readonly Example[]> {
  const made: (readonly Example[])[] = []
  for (let world = 1; world <= worlds; world++) made.push(await examplesOf(makeSample(100 + world), after.slice(0, 7)))
  return made.flat().filter(({ time }) => time > after)
}
