/**
 * Entry: `node examples/late-parcels/generate.ts <folder>` writes tours.csv: eight depots, three years, one tour a day. Whether a tour is late is drawn from a probability that long tours
 * in rain, frost, full vans on Mondays, and lateness of the days before raise.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { random } from '../../pipeline/random.ts'

const [folder = 'data'] = process.argv.slice(2)
const next = random(7)
const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
const depots = ['airport', 'canal', 'east', 'harbour', 'north', 'south', 'valley', 'west']
const first = Date.parse('2021-01-01')
const days = 1095
const lines = ['date,depot,parcels,distance_km,rain_mm,temperature_c,late']
const trouble = depots.map(() => 0)
for (let day = 0; day < days; day++) {
  const date = new Date(first + day * 86_400_000)
  const temperature = 10 - 11 * Math.cos((2 * Math.PI * day) / 365.25) + 3 * normal()
  const rain = next() < 0.6 ? 0 : -6 * Math.log(1 - next())
  depots.forEach((depot, at) => {
    trouble[at] = 0.8 * (trouble[at] ?? 0) + 0.4 * normal()
    const parcels = Math.round(Math.max(20, 120 + 15 * (at % 3) + 25 * normal()))
    const distance = Math.max(15, 60 + 12 * at + 18 * normal())
    const odds =
      -2.2 +
      (distance > 90 && rain > 3 ? 2.5 : 0) +
      (temperature < 0 ? 2.2 : 0) +
      (date.getUTCDay() === 1 && parcels > 130 ? 2 : 0) +
      ((parcels - 120) / 40) ** 2 * 0.7 +
      (trouble[at] ?? 0)
    const late = next() < 1 / (1 + Math.exp(-odds)) ? 1 : 0
    const cells = [date.toISOString().slice(0, 10), depot, parcels, distance.toFixed(1), rain.toFixed(1)]
    lines.push([...cells, temperature.toFixed(1), late].join(','))
  })
}
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'tours.csv'), `${lines.join('\n')}\n`)
