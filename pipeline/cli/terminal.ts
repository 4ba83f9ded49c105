import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** What the command line says while it works (stderr) and what it answers (stdout). Colours only on a terminal, never with NO_COLOR. */
export type Terminal = {
  readonly say: (line: string) => void
  /** A line that the next one replaces on a terminal; elsewhere at most one every two seconds is kept. */
  readonly progress: (line: string) => void
  readonly paint: (format: Format, text: string) => string
  /** The one answer on stdout. */
  readonly answer: (text: string) => void
}

export function createTerminal(stderr: NodeJS.WriteStream, stdout: NodeJS.WriteStream): Terminal {
  let open = false
  let last = 0
  const close = () => {
    if (open) stderr.write('\r\u001b[2K')
    open = false
  }
  return {
    say: (line) => {
      close()
      stderr.write(`${line}\n`)
    },
    progress: (line) => {
      if (stderr.isTTY) {
        close()
        stderr.write(line.slice(0, (stderr.columns ?? 80) - 1))
        open = true
      } else if (Date.now() - last > 2000) {
        last = Date.now()
        stderr.write(`${line}\n`)
      }
    },
    paint: (format, text) => styleText(format, text, { stream: stderr }),
    answer: (text) => {
      close()
      stdout.write(`${text}\n`)
    },
  }
}
