import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../pipeline/data/findings.ts'
import { markError, markWarning } from './log.ts'
import { lineOfField, lineOfSetting } from './places.ts'

const recordFile = 'pipeline/task/record.ts'
const pointer = 'data.dvc'

/** GitHub shows ten errors and ten warnings of a step; one error is left for the step's own. */
const mostShown = 9

/** Marks the fields in `record.ts` that findings concern, and `data.dvc` for what concerns a whole file. */
export function annotateFindings(root: string, findings: readonly Finding[]): void {
  const [record, data] = [textOf(root, recordFile), textOf(root, pointer)]
  for (const [severity, annotate] of [['error', markError] as const, ['warning', markWarning] as const]) {
    for (const finding of findings.filter((each) => each.severity === severity).slice(0, mostShown)) {
      const { file, field, what, count, shown, cure, rule, owner } = finding
      const [first] = shown
      const example = first ? `; the first is ${file}:${first.row}${first.value ? `: ${first.value}` : ''}` : ''
      const message = `${file}${field && !what.startsWith(field) ? `: ${field}` : ''}: ${what} (${count})${example}\n→ ${cure}${owner ? ` (owner: ${owner})` : ''}`
      const place = field
        ? { file: recordFile, startLine: lineOfField(record, field, rule.startsWith('record: ') ? undefined : file) }
        : { file: pointer, startLine: lineOfSetting(data, 'outs.0.md5') }
      annotate(message, { title: 'validate-data', ...place })
    }
  }
}

/** Marks the settings that a gate's reasons name, as `train.split.test_days in params.yaml` does. */
export function annotateReasons(root: string, reasons: readonly string[]): void {
  const text = textOf(root, 'params.yaml')
  for (const reason of reasons.slice(0, mostShown)) {
    const [, path] = /\b([a-z]\w*(?:\.\w+)+) in params\.yaml/.exec(reason) ?? []
    if (path) markError(reason, { title: 'evaluate-gate', file: 'params.yaml', startLine: lineOfSetting(text, path) })
  }
}

/** Marks the lines of YAML files and of `data.dvc` that an error's message names, in the forms that `pipeline/schema.ts` and `pipeline/yaml.ts` write. */
export function annotateMessage(root: string, message: string): void {
  const [, file, line, rest] = /^([\w./-]+\.(?:yaml|dvc))(?::(\d+):\d+)?: ?(.*)$/s.exec(message) ?? []
  if (file && rest !== undefined && !file.includes('..')) {
    const text = textOf(root, file)
    const sentences = rest.startsWith('\n  - ') ? rest.split('\n  - ').slice(1) : [rest]
    for (const sentence of sentences.slice(0, mostShown)) {
      const [path = ''] = /^\w+(?:\.\w+)*/.exec(sentence) ?? []
      markError(sentence, { file, startLine: line ? Number(line) : lineOfSetting(text, path) })
    }
  } else if (message.includes(pointer)) {
    markError(message, { file: pointer, startLine: lineOfSetting(textOf(root, pointer), 'outs.0.md5') })
  }
}

/** A file that cannot be read has one line: the annotation then names the file. */
function textOf(root: string, file: string): string {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return ''
  }
}
