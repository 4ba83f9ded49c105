import { InputError } from '../errors.ts'
import { ask, type Mlflow } from './mlflow.ts'
import type { Run } from './runs.ts'

/** A file in MLflow: `path` is relative to the folder that was listed. */
export type Artifact = { readonly path: string; readonly bytes: number }

/** Far more files than any bundle or set of charts has: a listing beyond it is a mistake or an attack. */
const FILES_LIMIT = 10_000

/**
 * The folder of the run's artifacts below `/api/2.0/mlflow-artifacts/artifacts/`, where the server hands them out itself.
 * Throws InputError when it does not: then only clients with keys to its storage could read them.
 */
export function artifactRoot(mlflow: Mlflow, run: Pick<Run, 'id' | 'artifactUri'>): string {
  const found = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.+?)\/?$/.exec(run.artifactUri)
  if (found?.[1]) return found[1]
  const scheme = run.artifactUri.split(':')[0]
  throw new InputError(
    `MLflow at ${mlflow.uri}: the artifacts of run ${run.id} lie under ${scheme}:, expected mlflow-artifacts:; ` +
      'start the server with --serve-artifacts and use an experiment made since then',
  )
}

/** The path of an artifact's own URL. */
export function artifactPath(root: string, path: string): string {
  return `/api/2.0/mlflow-artifacts/artifacts/${`${root}/${path}`.split('/').map(encodeURIComponent).join('/')}`
}

/** All files below `folder` of a run's artifacts, sorted; empty when there are none. Names that are not safe are refused. */
export async function listArtifacts(mlflow: Mlflow, runId: string, folder: string): Promise<Artifact[]> {
  const files: Artifact[] = []
  const folders = [folder]
  let seen = 0
  for (let path = folders.shift(); path !== undefined; path = folders.shift()) {
    for (const entry of await listFolder(mlflow, runId, path)) {
      const inside = entry.path.startsWith(`${path}/`) && !entry.path.slice(path.length + 1).includes('/')
      if (!inside) throw refusedName(mlflow, runId, entry.path)
      if (entry.is_dir) folders.push(entry.path)
      else
        files.push({
          path: safeName(mlflow, runId, entry.path.slice(folder.length + 1)),
          bytes: Number(entry.file_size ?? 0),
        })
      if (++seen > FILES_LIMIT) {
        throw new InputError(
          `MLflow at ${mlflow.uri}: run ${runId} has more than ${FILES_LIMIT} artifacts in ${folder}; expected one bundle`,
        )
      }
    }
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

type Entry = { readonly path: string; readonly is_dir?: boolean; readonly file_size?: number | string }

async function listFolder(mlflow: Mlflow, run_id: string, path: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (let page_token: string | undefined; ; ) {
    type Page = { files?: Entry[]; next_page_token?: string }
    const query = { run_id, path, page_token }
    const page = await ask<Page>(mlflow, { method: 'GET', path: '/api/2.0/mlflow/artifacts/list', query })
    entries.push(...(page.files ?? []))
    if (!page.next_page_token || entries.length > FILES_LIMIT) return entries
    page_token = page.next_page_token
  }
}

/** A relative path that stays below its folder on every system, with nothing in it that a terminal would obey. */
function safeName(mlflow: Mlflow, runId: string, path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to be refused
  const forbidden = /[\\:\u0000-\u001f\u007f-\u009f]/
  const hostile = forbidden.test(path) || path.split('/').some((part) => part === '' || part === '.' || part === '..')
  if (hostile) throw refusedName(mlflow, runId, path)
  return path
}

function refusedName(mlflow: Mlflow, runId: string, path: string): InputError {
  return new InputError(
    `MLflow at ${mlflow.uri}: run ${runId} has an artifact named ${JSON.stringify(path)}, which is no plain path below its folder; ` +
      'nothing was downloaded. Find out who wrote it before you trust this run',
  )
}
