import { closeSync, constants, openSync, readdirSync } from 'node:fs'
import { linkOf, pids, read } from './processes.ts'

/** Who else holds the other end of a pipe that a process reads: what a step left behind with the step's own output. */
export function writersTo(reader: number): number[] {
  const pipes = new Set(pipesOf(reader, ({ mode, fd }) => mode === 'read' && fd > 2).map(({ pipe }) => pipe))
  return pids().filter(
    (pid) => pid !== reader && pipesOf(pid, ({ mode }) => mode !== 'read').some(({ pipe }) => pipes.has(pipe)),
  )
}

/** Keeps open all pipes that a process reads, so that it does not see their end. Returns what lets go. */
export function holdOutputs(reader: number): () => void {
  const held = pipesOf(reader, ({ mode, fd }) => mode === 'read' && fd > 2).flatMap(({ fd }) => {
    try {
      return [openSync(`/proc/${reader}/fd/${fd}`, constants.O_WRONLY)]
    } catch {
      // It was closed meanwhile.
      return []
    }
  })
  return () => held.forEach(closeSync)
}

type Pipe = { readonly fd: number; readonly pipe: string; readonly mode: 'read' | 'write' }

function pipesOf(pid: number, which: (pipe: Pipe) => boolean): Pipe[] {
  const folder = `/proc/${pid}/fd`
  return list(folder).flatMap((name) => {
    const pipe = linkOf(`${folder}/${name}`)
    if (!pipe.startsWith('pipe:')) return []
    // The last octal digit of `flags` is the access mode: 0 is reading.
    const mode = /flags:\s*\d*0$/m.test(read(`/proc/${pid}/fdinfo/${name}`)) ? 'read' : 'write'
    const found = { fd: Number(name), pipe, mode } as const
    return which(found) ? [found] : []
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
