import { info } from '@actions/core'

/** Between two lines of progress at least this many ms pass: a log keeps every line. */
const pauseMs = 5000

/**
 * Text that the runner prints and does not obey. It takes a line for a command that begins with `::` (after any white space) or has `##[` anywhere
 * (actions/runner, `ActionCommand.cs`), and data, branch names and servers' answers may hold such lines: a word joiner breaks both. Control
 * characters, which could repaint the log, are shown as �.
 */
export function plain(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) =>
      line
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
        .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
        .replace(/^(\s*:)(?=:)/, '$1\u2060')
        .replaceAll('##[', '##\u2060['),
    )
    .join('\n')
}

/** One or more lines for the log. */
export function say(text: string): void {
  info(plain(text))
}

let last = Number.NEGATIVE_INFINITY

/** A line that the next one makes old: only one in five seconds is kept. */
export function progress(line: string): void {
  const now = performance.now()
  if (now - last < pauseMs) return
  last = now
  say(line)
}
