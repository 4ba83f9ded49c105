import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { untar } from '../../actions/shared/untar.ts'
import { writeTar } from '../../pipeline/release/image/tar.ts'

const files = { 'a.txt': Buffer.from('one'), 'folder/b.bin': Buffer.alloc(512, 7), 'folder/empty': Buffer.alloc(0) }
const allow = (path: string) => path in files

async function archive(t: TestContext): Promise<Buffer> {
  const dir = mkdtempSync(join(tmpdir(), 'mergeline-tar-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'x.tar')
  await writeTar(
    file,
    Object.entries(files).map(([path, content]) => ({ path, content })),
  )
  return readFileSync(file)
}

/** Changes one header's bytes, and its checksum with them. */
function forged(tar: Buffer, path: string, change: (header: Buffer) => void): Buffer {
  const made = Buffer.from(tar)
  const at = made.indexOf(path.padEnd(100, '\0'), 0, 'latin1')
  const header = made.subarray(at, at + 512)
  change(header)
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return made
}

test('what was written is read again', async (t) => {
  assert.deepEqual(Object.fromEntries(untar(await archive(t), 'x', allow)), files)
})

const rename = (to: string) => (header: Buffer) => void header.fill(0, 0, 100).write(to, 0, 'latin1')
const hostile: { readonly [what: string]: readonly [(tar: Buffer) => Buffer, RegExp] } = {
  'a path that climbs out': [
    (tar) => forged(tar, 'a.txt', rename('../../victim')),
    /"\.\.\/\.\.\/victim": is not a file that belongs/,
  ],
  'an absolute path': [
    (tar) => forged(tar, 'a.txt', rename('/etc/passwd')),
    /"\/etc\/passwd": is not a file that belongs/,
  ],
  'a path with control characters': [
    (tar) => forged(tar, 'a.txt', rename('a\n::x')),
    /entry "a\\n::x": is not a file that belongs/,
  ],
  'a link': [
    (tar) =>
      forged(tar, 'a.txt', (header) => {
        header.write('2', 156)
        header.write('/etc/passwd', 157)
      }),
    /"a\.txt": is not a file;/,
  ],
  'a device': [(tar) => forged(tar, 'a.txt', (header) => void header.write('3', 156)), /is not a file;/],
  'one path twice': [(tar) => forged(tar, 'folder/empty', rename('a.txt')), /"a\.txt": is there twice/],
  'a size beyond the end': [
    (tar) => forged(tar, 'folder/empty', (header) => void header.write('77777777777', 124)),
    /"folder\/empty": ends before its end/,
  ],
  'a size that is no number': [
    (tar) => forged(tar, 'a.txt', (header) => void header.write('\u0080zzzz', 124, 'latin1')),
    /has a header without numbers/,
  ],
  'a header that was changed': [
    (tar) => {
      const made = Buffer.from(tar)
      made.write('b', made.indexOf('a.txt'))
      return made
    },
    /has a broken header/,
  ],
  'an end that comes too early': [(tar) => tar.subarray(0, 700), /ends before its end/],
  'nothing at all': [() => Buffer.alloc(0), /ends before its end/],
  'other bytes': [() => Buffer.alloc(2048, 0x41), /has a header without numbers|has a broken header/],
}

for (const [what, [change, why]] of Object.entries(hostile)) {
  test(`${what}: refused`, async (t) => {
    const tar = change(await archive(t))
    assert.throws(() => untar(tar, 'x', allow), why)
  })
}
