// A deploy as a job on a runner of its own: a process with a clone, a state folder and ports that no other has. Its options come as JSON on the command line.
import { deploy } from '../../pipeline/release/deploy.ts'
import { resumeRelease } from '../../pipeline/release/resume.ts'
import { entryOf } from '../../pipeline/replay/entry.ts'
import { startTraffic } from '../../pipeline/replay/traffic.ts'

const { bundles, resume, ...options } = JSON.parse(process.argv[2] ?? '')
const given = {
  ...options,
  bundle: async ({ digest }: { digest: string }) => bundles[digest],
  registry: null,
  log: (line: string) => process.stderr.write(`${line}\n`),
  clients: async () => {
    const { url, key } = await entryOf(options.root, options.environment)
    return startTraffic(url, key, [{}])
  },
}
const result = resume ? await resumeRelease(given) : await deploy(given)
process.stdout.write(JSON.stringify(result))
