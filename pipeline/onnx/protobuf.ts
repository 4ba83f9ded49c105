/** A field of whole number: `value` may be negative, as int64 has it (https://protobuf.dev/programming-guides/encoding). */
export const number = (at: number, value: number): Buffer =>
  Buffer.concat([varint(at << 3), varint(BigInt.asUintN(64, BigInt(value)))])

/** A field of bytes, a text or a message. */
export function field(at: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string)
  return Buffer.concat([varint((at << 3) | 2), varint(bytes.length), bytes])
}

/** A field of one float32. */
export function float(at: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([varint((at << 3) | 5), bytes])
}

function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)])
    bytes.push(Number(rest & 127n) | 0x80)
  }
}
