import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ExecaError, execa } from 'execa'
import { Type } from 'typebox'
import { InputError } from '../errors.ts'
import { validate } from '../schema.ts'
import { parseYaml } from '../yaml.ts'
import { kindOf, plainFiles } from './plain-files.ts'

const pointer = 'data.dvc'
const folder = 'data'

/** Of `data.dvc` we need one hash; the rest is DVC's own. */
const pointerSchema = Type.Object({
  outs: Type.Array(Type.Object({ md5: Type.String({ pattern: '^[0-9a-f]{32}\\.dir$' }), path: Type.Literal(folder) }), {
    minItems: 1,
    maxItems: 1,
  }),
})

/**
 * The hash of the data that `data.dvc` names (DVC's: MD5 over the list of files and their MD5, ending in `.dir`), after making sure that `data/` is
 * those very data. Throws InputError when either is missing, they differ, or something in `data/` is no plain file or folder.
 */
export async function dataHash(root: string): Promise<string> {
  const hash = tracked(root)
  if (kindOf(join(root, folder)) === undefined) {
    throw new InputError(`${folder}/ is missing; run \`.venv/bin/dvc pull\`, which brings what ${pointer} names`)
  }
  if (!(await same(root, hash))) {
    throw new InputError(
      `${folder}/ is not what ${pointer} names (${hash}); run \`.venv/bin/dvc add data\` to keep what is in the folder, or \`.venv/bin/dvc checkout --force data.dvc\` to go back`,
    )
  }
  return hash
}

/** The hash of the data as they lie in `data/`, whether or not `data.dvc` names them; undefined where there are none. Throws InputError at links and pipes. */
export function presentHash(root: string): string | undefined {
  return kindOf(join(root, folder)) !== undefined ? hashFolder(root) : undefined
}

/**
 * Brings the data that `data.dvc` names into `data/`; does nothing when they are there. Throws InputError when `data/` was changed or the remote fails or lacks them, which is how
 * a forgotten `dvc push` shows: in every clone but the one that has them.
 */
export async function dvcPull(root: string): Promise<{ readonly pulled: boolean }> {
  const hash = tracked(root)
  if (kindOf(join(root, folder)) !== undefined) {
    await dataHash(root)
    return { pulled: false }
  }
  await dvc(root, ['pull', '--quiet', pointer], `fetching ${folder}/ (${hash})`, {
    cure: 'if the remote lacks them, run `.venv/bin/dvc push` where they were added (and commit, where the remote is a folder of the repository)',
  })
  return { pulled: true }
}

/**
 * Brings the data that a commit's `data.dvc` names (its text is `pointerText`) into `folder`/data, without touching those of the tree; nothing is done where they are there. Returns their
 * hash. Throws InputError when the remote lacks them or gives others.
 */
export async function dvcGet(root: string, commit: string, pointerText: string, into: string): Promise<string> {
  const hash = hashIn(pointerText, `${pointer} of commit ${commit.slice(0, 12)}`)
  const place = join(into, hash)
  if (existsSync(place)) return place
  const beside = `${place}.${randomBytes(6).toString('hex')}.beside`
  mkdirSync(beside, { recursive: true })
  try {
    await dvc(
      root,
      ['get', '--quiet', '.', folder, '--rev', commit, '--out', join(beside, folder)],
      `fetching ${folder}/ of commit ${commit.slice(0, 12)}`,
      {
        cure: 'if the remote lacks them, run `.venv/bin/dvc push` where they were added',
      },
    )
    const got = hashFolder(beside)
    if (got !== hash)
      throw new InputError(
        `${folder}/ of commit ${commit.slice(0, 12)}: DVC brought ${got}, and not ${hash}; run the command again`,
      )
    renameSync(beside, place)
    return place
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

function tracked(root: string): string {
  let text: string
  try {
    text = readFileSync(join(root, pointer), 'utf8')
  } catch (cause) {
    throw new InputError(
      `${pointer}: cannot be read; run \`git checkout ${pointer}\`, or \`.venv/bin/dvc add data\` for new data`,
      {
        cause,
      },
    )
  }
  return hashIn(text, pointer)
}

/** The hash that the text of a `data.dvc` names. */
export function hashIn(text: string, where: string): string {
  const [out] = validate(pointerSchema, parseYaml(text, where), where).outs
  return out?.md5 ?? ''
}

/** Whether the folder has this hash. Ours takes milliseconds; where it differs (a file that .dvcignore leaves out, say) DVC has the last word. */
async function same(root: string, hash: string): Promise<boolean> {
  if (hashFolder(root) === hash) return true
  const { stdout } = await dvc(root, ['status', '--json', pointer], `comparing ${folder}/ with ${pointer}`)
  return Object.keys(JSON.parse(stdout) as object).length === 0
}

/** DVC's hash of `data/`: the MD5 of `[{"md5": …, "relpath": …}, …]` as Python writes it, sorted by path (dvc-data, `hashfile/tree.py`). */
function hashFolder(root: string): string {
  const files = [...plainFiles(root, folder)].sort((a, b) => (a < b ? -1 : 1))
  const list = files.map(
    (file) => `{"md5": "${md5(readFileSync(join(root, folder, file)))}", "relpath": ${ascii(file)}}`,
  )
  return `${md5(`[${list.join(', ')}]`)}.dir`
}

const md5 = (content: string | Buffer) => createHash('md5').update(content).digest('hex')
const ascii = (text: string) =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Runs DVC in the repository: the project's own where set-up has put it, else the one on the PATH. */
async function dvc(
  root: string,
  words: readonly string[],
  doing: string,
  { cure }: { readonly cure?: string } = {},
): Promise<{ stdout: string }> {
  const own = join(root, '.venv', 'bin', 'dvc')
  try {
    return await execa(existsSync(own) ? own : 'dvc', words, {
      cwd: root,
      env: { DVC_NO_ANALYTICS: '1' },
      stdin: 'ignore',
    })
  } catch (cause) {
    if (!(cause instanceof ExecaError)) throw cause
    const said = String(cause.stderr ?? '').trim() || cause.shortMessage
    const why = cause.code === 'ENOENT' ? 'DVC is not installed; run `npm run setup`' : cure ? `${said}\n${cure}` : said
    throw new InputError(`${doing} failed: dvc ${words.join(' ')}: ${why}`, { cause })
  }
}
