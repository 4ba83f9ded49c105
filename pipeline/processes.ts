import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'

// Servers look at processes, too: no package is brought along for it.
const run = promisify(execFile)
const maxBuffer = 64 * 1024 * 1024

export type Process = { readonly pid: number; readonly group: number; readonly command: string }

/** All processes that can be seen, with their whole command lines. Ended ones that nobody has collected yet are left out. */
export async function processes(): Promise<Process[]> {
  // Linux first by /proc: small container images have no `ps`.
  if (process.platform === 'linux') return readdirSync('/proc').flatMap(fromProc)
  const { stdout } = await run('/bin/ps', ['-A', '-ww', '-o', 'pid=,pgid=,stat=,command='], { maxBuffer })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, group, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? []
    return command === undefined || state?.startsWith('Z') ? [] : [{ pid: Number(pid), group: Number(group), command }]
  })
}

/**
 * When the process of that id began, in the system's own words; undefined when it is gone. The same id with another start is another process.
 * Told to the clock tick on Linux, to the second elsewhere.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return statOf(pid)?.[19]
  // Words and time zone fixed: two commands may run under different ones.
  const env = { LC_ALL: 'C', TZ: 'UTC' }
  const gone = () => ({ stdout: '' })
  const { stdout } = await run('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env }).catch(gone)
  const [, state, start] = /^\s*(\S+)\s+(.*\S)/.exec(stdout) ?? []
  return state?.startsWith('Z') ? undefined : start
}

/**
 * A word for this machine since it was started, and for who sees the same process ids: containers of one machine do not. Null where that cannot be told. Source: random(4) for boot_id;
 * elsewhere the kernel's kern.bootsessionuuid.
 */
export async function runOfMachine(): Promise<string | null> {
  const told =
    process.platform === 'linux'
      ? [read('/proc/sys/kernel/random/boot_id')?.trim(), pidNamespace()]
      : [
          await run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']).then(
            ({ stdout }) => stdout.trim(),
            () => '',
          ),
        ]
  return told.every((one) => one) ? hash('sha256', told.join(' ')).slice(0, 12) : null
}

/** What ids of processes mean on this machine: those of another namespace, such as a container's, are other processes. The first one has the same name on every machine. See pid_namespaces(7). */
function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return undefined
  }
}

function fromProc(name: string): Process[] {
  if (!/^\d+$/.test(name)) return []
  const command = read(`/proc/${name}/cmdline`)?.replaceAll('\0', ' ').trim()
  const group = command ? statOf(Number(name))?.[2] : undefined
  return command && group ? [{ pid: Number(name), group: Number(group), command }] : []
}

/** The fields from the third, the state, on; the second, the name, may hold spaces and brackets. See proc_pid_stat(5). */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields?.[0] === 'Z' ? undefined : fields
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It ended while it was looked at, or is not ours to see.
    return undefined
  }
}
