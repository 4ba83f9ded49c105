import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { verifyLog } from '../../../pipeline/audit/verify.ts'
import { random } from '../../../pipeline/random.ts'
import { repetitions } from '../../repetitions.ts'
import { makeLog, noneMissed, prediction } from './log.ts'
import { afterPowerCut, contentOf, recordedDisk, type Step } from './recorded-disk.ts'

const cuts = repetitions(60)
const rotate = { bytes: 4000, ms: 1e12 }

/** A log that writes for a while with power as its durability, as some clients at once make it: what was done to the disk, and who was told what when. */
async function writeFor(
  made: Awaited<ReturnType<typeof makeLog>>,
  from: number,
  chance: () => number,
): Promise<readonly Step[]> {
  const { disk, steps } = recordedDisk()
  const log = await made.open({ durability: 'power', rotate, disk, keep: { ms: 1e12, bytes: 20_000 } })
  const told: Promise<void>[] = []
  for (let index = 0; index < 60; index += 1) {
    const id = `p${from + index}`
    told.push(log.append([prediction(id)], noneMissed).then(() => void steps.push({ what: 'told', id })))
    if (chance() < 0.4) await turn()
    if (chance() < 0.1) await told.at(-1)
  }
  await Promise.all(told)
  await log.close()
  return steps
}

test(`with durability power, ${cuts} power cuts lose no record that anybody was told of, whatever of the unsynced writes is lost`, async () => {
  let checked = 0
  let suspicious = 0
  for (let seed = 1; seed <= cuts; seed += 1) {
    const chance = random(seed)
    await using made = await makeLog()
    let safe: string[] = []
    // Twice: the second power cut comes when the log has recovered from the first.
    for (const from of [0, 1000]) {
      const before = from === 0 ? new Map<string, Buffer>() : contentOf(made.folder)
      const steps = await writeFor(made, from, chance)
      const done = steps.slice(0, Math.floor(chance() * (steps.length + 1)))
      safe.push(...done.filter((step) => step.what === 'told').map(({ id }) => id))
      rmSync(made.folder, { recursive: true })
      afterPowerCut(made.folder, before, done, chance)
    }
    const again = await made.open({ durability: 'power' })
    await again.append([prediction('after')], noneMissed)
    await again.close()
    const there = new Set(made.lines().map((line) => line['id']))
    const { findings, notes } = await verifyLog(made.folder)
    // Retention is the one that may take whole segments away, and says which.
    if (notes.some((note) => /were removed/.test(note)))
      safe = safe.filter((id) => there.has(id) || !isRemoved(id, there))
    assert.deepEqual(
      safe.filter((id) => !there.has(id)),
      [],
      `seed ${seed}`,
    )
    checked += safe.length
    const unexplained = findings.filter(({ what }) => !/whole lines were cut off at a start/.test(what))
    assert.deepEqual(unexplained, [], `seed ${seed}`)
    suspicious += findings.length > 0 ? 1 : 0
  }
  assert.ok(checked > cuts * 20, `${checked} records were checked`)
  assert.ok(suspicious < cuts / 2, `${suspicious} logs`)
})

/** Whether a record that is not there is older than the oldest that is: numbers go up. */
function isRemoved(id: string, there: ReadonlySet<unknown>): boolean {
  const kept = [...there]
    .filter((one) => typeof one === 'string' && /^p\d+$/.test(one))
    .map((one) => Number(String(one).slice(1)))
  return Number(id.slice(1)) < Math.min(...kept)
}

test('the play-back loses records where the log does not wait for the disk: it can tell the difference', async () => {
  let lost = 0
  for (let seed = 1; seed <= 30; seed += 1) {
    const chance = random(seed)
    await using made = await makeLog()
    const { disk, steps } = recordedDisk()
    const log = await made.open({ durability: 'process', disk })
    for (let index = 0; index < 20; index += 1) {
      await log.append([prediction(`p${index}`)], noneMissed)
      steps.push({ what: 'told', id: `p${index}` })
    }
    await log.close()
    rmSync(made.folder, { recursive: true })
    afterPowerCut(made.folder, new Map(), steps, chance)
    const again = await made.open()
    await again.append([prediction('after')], noneMissed)
    await again.close()
    // Damaged lines may be among them: they are looked for, not read.
    const there = new Set(
      [...contentOf(made.folder).values()].flatMap(
        (bytes) => bytes.toString('latin1').match(/(?<="id":")p\d+(?=")/g) ?? [],
      ),
    )
    if (steps.some((step) => step.what === 'told' && !there.has(step.id))) lost += 1
  }
  assert.ok(lost > 20, `${lost} of 30`)
})
