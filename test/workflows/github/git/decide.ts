import { gunzipSync } from 'node:zlib'
import { type Pusher, type Rules, refusals } from './rulesets.ts'

type Command = { readonly ref: string; readonly old: string; readonly new: string }

/** What a push wants to do, read from its body (https://git-scm.com/docs/pack-protocol#_reference_update_request_and_packfile_transfer). */
export function commandsOf(body: Buffer, encoding: string | undefined): Command[] {
  const bytes = encoding === 'gzip' ? gunzipSync(body) : body
  const commands: Command[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16)
    if (!(length > 4)) break
    const line = bytes.toString('utf8', at + 4, at + length)
    const [, old, wanted, ref] = /^([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0\n]+)/.exec(line) ?? []
    if (old && wanted && ref) commands.push({ ref, old, new: wanted })
    at += length
  }
  return commands
}

/** What `update.sh` reads: which refs may not move, always or when something would be lost by it, and why. Git alone knows which. */
export function decisions(commands: readonly Command[], by: Pusher, rules: Rules): string {
  return commands
    .flatMap((command) => {
      const always = refusals({ ...command, forward: true }, by, rules)
      const rewind = refusals({ ...command, forward: false }, by, rules).filter((why) => !always.includes(why))
      return [
        ...always.map((why) => `${command.ref}\talways\t${why}\n`),
        ...rewind.map((why) => `${command.ref}\trewind\t${why}\n`),
      ]
    })
    .join('')
}
