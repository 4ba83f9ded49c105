import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { composeSbom } from '../../../pipeline/release/image/sbom.ts'

const root = join(import.meta.dirname, '../../..')
const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const inputs = {
  root,
  model: { name: 'ice-cream-sales', digest: digest('a') },
  fingerprint: digest('b'),
  base: `node:24.21.0-trixie-slim@${digest('c')}`,
}

test("an SBOM is SPDX 2.3 to SPDX's own tools, pushed or not, and they would see what is wrong", async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mergeline-spdx-'))
  try {
    const uv = join(root, '.mergeline', 'setup', 'uv', 'bin', 'uv')
    const venv = join(dir, 'venv')
    await execa(uv, ['venv', '--quiet', '--python', join(root, '.venv', 'bin', 'python'), venv])
    const lock = join(import.meta.dirname, 'spdx-tools.txt')
    await execa(uv, ['pip', 'sync', '--quiet', '--python', venv, '--require-hashes', lock])
    const validate = async (sbom: object) => {
      const file = join(dir, 'sbom.spdx.json')
      await writeFile(file, JSON.stringify(sbom))
      const { exitCode, all } = await execa(
        join(venv, 'bin', 'pyspdxtools'),
        ['--infile', file, '--version', 'SPDX-2.3'],
        {
          all: true,
          reject: false,
        },
      )
      return { exitCode, said: all }
    }
    const sbom = await composeSbom(inputs)
    assert.deepEqual(await validate(sbom), { exitCode: 0, said: '' })
    const pushed = await composeSbom({ ...inputs, reference: `ghcr.io/acme/sales@${digest('d')}` })
    assert.deepEqual(await validate(pushed), { exitCode: 0, said: '' })
    const [image, ...others] = sbom.packages
    const wrong = await validate({ ...sbom, packages: [{ ...image, licenseDeclared: 'MIT/X11' }, ...others] })
    assert.equal(wrong.exitCode, 1)
    assert.match(wrong.said, /MIT\/X11/)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
