import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { unzip } from '../../actions/shared/unzip.ts'
import { InputError } from '../../pipeline/errors.ts'
import { random } from '../../pipeline/random.ts'
import { type ZipEntry, zipOf } from './zip.ts'

const limits = { allow: () => true, maxBytes: 100_000, maxFiles: 5 }
const open = (entries: readonly ZipEntry[]) => unzip(zipOf(entries), 'artifact 7', limits)

test('the files of an honest archive come back as they are, stored or deflated', async () => {
  const files = await open([
    { path: 'report.json', content: '{"a": "ü"}' },
    { path: 'bundle/weights.bin', content: Buffer.from([0, 1, 2, 255]), method: 0 },
    { path: 'bundle/empty', content: '' },
    { path: '__proto__', content: 'x', mode: 0 },
  ])
  assert.deepEqual([...files.keys()], ['report.json', 'bundle/weights.bin', 'bundle/empty', '__proto__'])
  assert.equal(files.get('report.json')?.toString(), '{"a": "ü"}')
  assert.deepEqual(files.get('bundle/weights.bin'), Buffer.from([0, 1, 2, 255]))
  assert.deepEqual((await unzip(zipOf([]), 'artifact 7', limits)).size, 0)
})

const unicodePath = (path: string, real: string) => {
  const name = Buffer.from(real)
  const extra = Buffer.alloc(9)
  extra.writeUInt16LE(0x7075, 0)
  extra.writeUInt16LE(5 + name.length, 2)
  extra[4] = 1
  extra.writeUInt32LE(crc32(Buffer.from(path)), 5)
  return { path, extra: Buffer.concat([extra, name]) }
}

const big = 'x'.repeat(200_000)
const refused: { readonly [title: string]: readonly [readonly ZipEntry[], RegExp] } = {
  'a path that climbs out': [[{ path: '../evil' }], /\.\.\/evil/],
  'a path that climbs out further in': [[{ path: 'bundle/../../evil' }], /evil/],
  'an absolute path': [[{ path: '/etc/passwd' }], /\/etc\/passwd/],
  'a drive': [[{ path: 'C:/evil' }], /C:\/evil/],
  'a backslash': [[{ path: 'bundle\\..\\evil' }], /evil/],
  'a hidden second name that climbs out': [[unicodePath('report.json', '../evil')], /evil/],
  'a line break in a path': [[{ path: 'a\n::set-output name=x::y' }], /"a\\n::set-output .*is not a plain path/],
  'a null in a path': [[{ path: 'report.json\0.html' }], /"report\.json\\u0000\.html": is not a plain path/],
  'letters that look like others': [[{ path: 'rеport.json' }], /"r\?port\.json": is not a plain path/],
  'letters that run backwards': [[{ path: 'a\u202egpj' }], /is not a plain path/],
  'a hidden file': [[{ path: 'bundle/.git' }], /is not a plain path/],
  'an empty part': [[{ path: 'bundle//x' }], /is not a plain path/],
  'no path': [[{ path: '' }], /"": is not a plain path/],
  'a long path': [[{ path: 'x'.repeat(5000) }], /is not a plain path/],
  'a folder': [[{ path: 'bundle/', mode: 0o040755 }], /is not a plain path/],
  'a folder that looks like a file': [[{ path: 'bundle', mode: 0o040755 }], /"bundle": is not a file/],
  'a folder by its DOS attribute': [[{ path: 'bundle', dosAttributes: 0x10 }], /"bundle": is not a file/],
  'a symbolic link': [[{ path: 'report.json', content: '/etc/passwd', mode: 0o120777 }], /is not a file/],
  'a device': [[{ path: 'report.json', mode: 0o020666 }], /is not a file/],
  'an encrypted file': [[{ path: 'a', content: 'x', encrypted: true }], /is encrypted/],
  'an unknown compression': [[{ path: 'a', content: 'x', method: 99 }], /compressed by method 99/],
  'two files of one path': [[{ path: 'a' }, { path: 'a' }], /"a": is there twice/],
  'two files of one path in other case': [[{ path: 'a' }, { path: 'A' }], /"A": is there twice/],
  'a file that is a folder, too': [[{ path: 'a' }, { path: 'a/b' }], /"a": is a file and a folder/],
  'too many files': [['a', 'b', 'c', 'd', 'e', 'f'].map((path) => ({ path })), /has 6 entries, and at most 5/],
  'a bomb': [[{ path: 'a', content: big }], /"a": brings the files to 200000 bytes, more than 100000/],
  'a bomb of several files': [
    [
      { path: 'a', content: big.slice(0, 60_000) },
      { path: 'b', content: big.slice(0, 60_000) },
    ],
    /"b": brings the files to 120000 bytes/,
  ],
  'a bomb that declares to be small': [[{ path: 'a', content: big, size: 10 }], /"a": too many bytes/],
  'a file that declares to be larger': [[{ path: 'a', content: 'x', size: 10 }], /"a": not enough bytes/],
  'a wrong checksum': [[{ path: 'a', content: 'x', crc: 1 }], /"a": its bytes are not those of its checksum/],
}

for (const [title, [entries, said]] of Object.entries(refused)) {
  test(`refused: ${title}`, async () => {
    await assert.rejects(open(entries), (error: Error) => {
      assert.ok(error instanceof InputError, error.stack)
      assert.match(error.message, /^artifact 7: [\x20-\x7e]+$/)
      assert.match(error.message, said)
      return true
    })
  })
}

test('refused: a path that nobody wants', async () => {
  const only = { ...limits, allow: (path: string) => path === 'report.json' }
  await assert.rejects(
    unzip(zipOf([{ path: 'report.json' }, { path: 'run.sh' }]), 'artifact 7', only),
    new InputError('artifact 7: entry "run.sh": is not a file that belongs there; it is not read'),
  )
})

test('a name in the header before the bytes does not count', async () => {
  assert.deepEqual([...(await open([{ path: 'a', localPath: '../evil', content: 'x' }])).keys()], ['a'])
})

test('an archive with any byte changed gives what it held, or an InputError', async () => {
  const content = 'some words, some words and some more words'
  const whole = zipOf([
    { path: 'report.json', content },
    { path: 'b', content: 'stored', method: 0 },
  ])
  const next = random(7)
  let opened = 0
  for (let round = 0; round < 3000; round++) {
    const changed = Buffer.from(whole)
    for (let times = round % 3; times >= 0; times--)
      changed[Math.floor(next() * whole.length)] = Math.floor(next() * 256)
    const cut = round % 7 === 0 ? changed.subarray(0, Math.floor(next() * whole.length)) : changed
    try {
      for (const file of (await unzip(cut, 'artifact 7', limits)).values())
        assert.ok([content, 'stored'].includes(file.toString()))
      opened++
    } catch (error) {
      assert.ok(error instanceof InputError, (error as Error).stack)
    }
  }
  assert.ok(opened > 300 && opened < 2700, `${opened} of 3000 were opened`)
})
