import type { Graph, Value } from './graph.ts'

/**
 * Days since 1970 (int64, [n, 1]) of an ISO date (string, [n, 1]): years start in March, so that a leap day is a year's last.
 * Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
 */
export function daysOf(graph: Graph, date: Value): Value {
  const whole = (value: number) => graph.tensor([1], BigInt64Array.of(BigInt(value)))
  const add = (a: Value, b: number | Value) => graph.node('Add', [a, typeof b === 'number' ? whole(b) : b])
  const times = (a: Value, b: number) => graph.node('Mul', [a, whole(b)])
  const over = (a: Value, b: number) => graph.node('Div', [a, whole(b)])
  const less = (a: Value, b: Value) => graph.node('Sub', [a, b])
  const parts = graph.cast(graph.split(date, '-'), 'int64')
  const part = (at: number) =>
    graph.node('Gather', [parts, graph.tensor([], BigInt64Array.of(BigInt(at)))], { axis: 2 })
  const [year, month, day] = [part(0), part(1), part(2)]
  // 0 for March to 11 for February.
  const from = graph.node('Mod', [add(month, 9), whole(12)])
  const marchYear = less(year, over(from, 10))
  const before = add(over(add(times(from, 153), 2), 5), add(day, -1))
  const century = over(marchYear, 100)
  const leapDays = add(less(over(marchYear, 4), century), over(marchYear, 400))
  return add(add(add(times(marchYear, 365), leapDays), before), -719_468)
}
