import { summary } from '@actions/core'
import { markdownCode, markdownText } from '../../pipeline/report/escape.ts'
import type { Runner } from './runner.ts'

/** Adds Markdown to the job summary, where there is one. It holds 1,024 KiB a step; what we write is at most 60,000 characters. */
export async function summarise(runner: Runner, markdown: string): Promise<void> {
  if (runner.summary) await summary.addRaw(markdown, true).write()
}

/** A heading and a table of names and values, in GitHub's Markdown. Values may come from a stranger. */
export function tableOf(title: string, values: { readonly [name: string]: string | number | undefined }): string {
  const rows = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  const cell = (value: string | number | undefined) =>
    typeof value === 'number'
      ? String(value)
      : /^\S+$/.test(value ?? '')
        ? markdownCode(value ?? '')
        : markdownText(value ?? '')
  return [
    `### ${markdownText(title)}`,
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${markdownText(name)} | ${cell(value)} |`),
    '',
  ].join('\n')
}
