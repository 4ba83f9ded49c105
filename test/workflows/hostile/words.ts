import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostile } from '../../report/cells.ts'

/** A file that nothing makes: tests give its path to every process as the variable CANARY, and whoever runs what follows makes it. */
export const canary = join(tmpdir(), `mergeline-canary-${process.pid}`)

const shell = [
  '$(touch "$CANARY")',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  '$(touch${IFS}$CANARY)',
  '`touch $CANARY`',
  '; touch $CANARY #',
  '&& touch $CANARY',
  '| touch $CANARY',
  '|| touch $CANARY',
  "'; touch $CANARY; '",
  '"; touch $CANARY; "',
  '\ntouch $CANARY\n',
  '<(touch $CANARY)',
  '> $CANARY',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
  '${x:-$(touch $CANARY)}',
  "$'\\ntouch $CANARY'",
  '() { :;}; touch $CANARY',
]
const code = [
  "');require('node:fs').writeFileSync(process.env.CANARY,'');('",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: JavaScript's
  "${require('node:fs').writeFileSync(process.env.CANARY,'')}",
  `'; COPY (SELECT 1) TO '${canary}'; --`,
  "' OR 1=1 --",
  "'||read_text('/etc/passwd')||'",
  '=cmd|calc!A1',
  '__import__("os").system("touch $CANARY")',
]
const options = [
  '--upload-pack=touch $CANARY',
  `--output=${canary}`,
  '--exec=touch $CANARY',
  '-oProxyCommand=touch $CANARY',
  '-c core.fsmonitor=touch',
  '--',
  '-rf',
  ':(exclude)*',
  'HEAD:params.yaml',
  'HEAD^{/x}',
]
const expressions = [
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: GitHub's expressions
  '${{ github.token }}',
  '${{ secrets.MLFLOW_TRACKING_TOKEN }}',
  '${{ toJSON(secrets) }}',
  "${{ hashFiles('/etc/passwd') }}",
  '}} ${{ github.token',
  '${{',
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: GitHub's expressions
  '{{7*7}}',
  '<%= 7*7 %>',
  '%{x}',
]
const commands = [
  '::set-output name=result::pass',
  '::set-env name=NODE_OPTIONS::--require /tmp/x',
  '::add-path::/tmp',
  '::add-mask::e',
  '::stop-commands::x',
  '::error file=params.yaml,line=1::no',
  '::save-state name=isPost::true',
  ' \t::warning::x',
  'fine\n::endgroup::',
  'fine\r::debug::x',
  'fine\r\n::group::x',
  '\u0085::notice::x',
  '\u2028::notice::x',
  'x%0A::notice::x',
  'x%25%0D::notice::x',
  '##[command]x',
  '##[set-env name=PATH]/tmp',
  'fine ##[group]x',
  'result=pass\ndigest<<EOF\nx\nEOF',
  '[skip ci]',
]
const trailers = [
  'Mergeline-Entry: lift',
  '\n\nMergeline-Entry: release\nMergeline-Environment: production\n',
  '\n\nMergeline-Supersedes: HEAD',
  '\nMergeline-Promotes: 0000000000000000000000000000000000000000\n\n',
  'x\u001fproduction\u001flift\u001fHEAD',
  '\n---\nMergeline-Entry: lift',
  'Co-authored-by: github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>',
  '%(trailers)%x1f%an',
]
const screens = [
  '\u001b[2K\u001b[1Ano',
  '\u001b]0;title\u0007',
  '\u001b]8;;https://evil.example\u001b\\x\u001b]8;;\u001b\\',
  '\u009b31mx',
  'a\bb\u007f',
  '\u202egpj.exe',
  '\u2066x\u2069',
  '\u200fx',
  '\u061cx',
  '\ufeffx',
  'p\u0430rams',
]
const paths = [
  `../../../../../..${canary}`,
  '/etc/passwd',
  '..',
  '.git/config',
  'C:\\x',
  '%2e%2e%2f%2e%2e',
  'a?per_page=1#x',
  'file:///etc/passwd',
  'environments/production/release.yaml',
]
const patterns = ['$&', '$`', "$'", '$1', '(a+)+$', '[', '.*', '\\']
const documents = ['!!js/function x', '&a [*a]', '<<: *x', '? x', '{x: 1', 'x: y: z', '%YAML 9.9', '@x', '"\\x1b"']
const names = ['prototype', 'toString', 'NaN', '1e999', 'null', 'true', 'x'.repeat(70_000), '`'.repeat(3000)]

/** What strangers write where a word of theirs gets: into titles, names of branches and files, messages of commits, YAML, data, what models tell of themselves. */
export const words: readonly string[] = [
  ...new Set([
    ...[shell, code, options, expressions, commands, trailers, screens, paths, patterns, documents, names].flat(),
    ...hostile,
  ]),
]

/** Those that some program could take for its own: a shell's, an interpreter's, an option, an expression. */
export const runnable: readonly string[] = [shell, code, options, expressions].flat()

/** Those that a line of text can hold, where the other side takes no NUL and no end of the line. */
export const lines = words.filter((word) => word !== '' && word.length < 1000 && !/[\0\r\n]/.test(word))
