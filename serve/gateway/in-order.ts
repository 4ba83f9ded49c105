/** Passes on what ends in any order in the order in which it began. */
export type InOrder<T> = {
  /** The place of something that begins now; it must end. */
  begin(): number
  /** It ended as `value`: passed on once all that began before it has ended. */
  end(place: number, value: T): void
}

export function createInOrder<T>(pass: (value: T) => void): InOrder<T> {
  let places = 0
  let due = 0
  const early = new Map<number, T>()
  return {
    begin: () => places++,
    end(place, value) {
      if (place !== due) return void early.set(place, value)
      pass(value)
      due += 1
      for (let next = early.get(due); next !== undefined; next = early.get(due)) {
        early.delete(due)
        pass(next)
        due += 1
      }
    },
  }
}
