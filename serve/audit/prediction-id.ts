import { randomFillSync } from 'node:crypto'

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const pool = Buffer.alloc(8 * 256)
let used = pool.length
let lastMs = 0
let counter = 0

/**
 * Makes an id of a prediction or request: a UUID of version 7 (RFC 9562, 5.7), so that ids sort by time. Within a millisecond the 12 bits after the time count on from a
 * random start, and run over into the next millisecond (6.2, method 1); the last 62 are random.
 */
export function makeId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const now = Date.now()
  counter += 1
  if (now > lastMs) {
    lastMs = now
    // Half of the numbers are left to count through.
    counter = pool.readUInt16BE(used) & 0x7ff
  } else if (counter > 0xfff) {
    lastMs += 1
    counter = 0
  }
  const high = Math.floor(lastMs / 0x1_0000)
  const time = at(high >>> 24) + at(high >>> 16) + at(high >>> 8) + at(high)
  const rest = `${at(lastMs >>> 8)}${at(lastMs)}-7${hex[counter >>> 8]?.[1]}${at(counter)}`
  const random = `${at((byte(0) & 0x3f) | 0x80)}${at(byte(1))}-${at(byte(2))}${at(byte(3))}${at(byte(4))}${at(byte(5))}${at(byte(6))}${at(byte(7))}`
  used += 8
  return `${time}-${rest}-${random}`
}

const at = (value: number) => hex[value & 0xff] as string
const byte = (index: number) => pool[used + index] as number
