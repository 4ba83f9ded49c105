import { type AnnotationProperties, error, info, setFailed, warning } from '@actions/core'
import { visible } from '../../pipeline/report/escape.ts'

/** Between two lines of progress at least this many ms pass: a log keeps every line. */
const pauseMs = 5000

/**
 * Text that the runner prints and does not obey. It takes a line for a command that begins with `::` (after any white space) or has `##[` anywhere
 * (actions/runner, `ActionCommand.cs`), and data, branch names and servers' answers may hold such lines: a word joiner breaks both. Control
 * characters, which could repaint the log or turn its text around, are shown as �.
 */
export function plain(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) =>
      visible(line)
        .replace(/^(\s*:)(?=:)/, '$1\u2060')
        .replaceAll('##[', '##\u2060['),
    )
    .join('\n')
}

/** One or more lines for the log. */
export function say(text: string): void {
  info(plain(text))
}

/** An error on the page of the run, at its place in a file where there is one; the step goes on. */
export function markError(message: string, at: AnnotationProperties = {}): void {
  error(plain(message), at)
}

/** The same as a warning. */
export function markWarning(message: string, at: AnnotationProperties = {}): void {
  warning(plain(message), at)
}

/** The step has failed, and this says why. */
export function markFailed(message: string): void {
  setFailed(plain(message))
}

let last = Number.NEGATIVE_INFINITY

/** A line that the next one makes old: only one in five seconds is kept. */
export function progress(line: string): void {
  const now = performance.now()
  if (now - last < pauseMs) return
  last = now
  say(line)
}
