import { nameOf, type Release, sameRelease } from './release.ts'

/** Something that is not as it should be: who is wrong, in what, and what mends it. */
export type Wrong = {
  readonly environment: string
  readonly who: 'git' | 'registry' | 'bundle' | 'server' | 'gateway'
  readonly what: string
  readonly cure: string
}

/** What each party says of an environment; each was asked by itself, and none believes another. */
export type Said = {
  readonly environment: string
  readonly git: {
    /** What was promoted last and not taken back; null before the first. */
    readonly promoted: Release | null
    /** What release.yaml names. */
    readonly file: Release | null
    /** Whether a release is on its way: then release.yaml names that one. */
    readonly open: boolean
    /** Why the commit of what was promoted is none of main's; null where it is. */
    readonly offMain: string | null
    /** Why origin could not be asked; null where it was. */
    readonly stale: string | null
  }
  /** Null where there is no registry to ask. `alias` is the version that the environment's alias points at, `version` the one that has the digest that Git names. */
  readonly registry: {
    readonly alias: { readonly version: number; readonly digest: string } | null
    readonly version: number | null
    /** What it still has to be told of, which a deploy could not. */
    readonly pending: boolean
  } | null
  /** What the bundle's files on this machine hash to; null where it is not here. */
  readonly bundle: { readonly digest: string } | { readonly broken: string } | null
  /** What servers on this machine say they serve. */
  readonly servers: readonly {
    readonly arm: 'stable' | 'canary'
    readonly release: Release
    readonly pid: number | null
    readonly digest: string | null
  }[]
  /** Who answers a client of this machine's gateway; null where none runs. `weight`: the canary's share. */
  readonly gateway: { readonly digest: string | null; readonly weight: number } | null
}

/**
 * Who is wrong. Git is the truth about what should run; a digest is the truth about what a thing is, whoever says it. `notes` are what could not be asked, or is not there
 * and need not be.
 */
export function compare(said: Said): { readonly wrong: readonly Wrong[]; readonly notes: readonly string[] } {
  const { environment, git, registry, bundle, servers, gateway } = said
  const wrong: Wrong[] = []
  const notes: string[] = []
  const tell = (who: Wrong['who'], what: string, cure: string) => wrong.push({ environment, who, what, cure })
  const deploy = `npm run deploy -- --environment ${environment}`
  if (git.stale) notes.push(`origin could not be asked (${git.stale}): this is what it said last`)
  const should = git.promoted
  if (!should) {
    notes.push('nothing was promoted yet')
    for (const { arm, digest } of servers)
      if (arm === 'stable' && digest) tell('server', `serves ${short(digest)}, and Git promoted nothing`, deploy)
    return { wrong, notes }
  }
  const { digest } = should.model
  if (git.offMain) tell('git', git.offMain, 'look at who wrote to the branch releases')
  if (!git.open && !sameRelease(git.file, should))
    tell(
      'git',
      `release.yaml names ${git.file ? nameOf(git.file) : 'nothing'}, and what was promoted is ${nameOf(should)}`,
      'only deploy writes the branch releases: revert the commit that somebody else made there',
    )

  if (!registry) notes.push('there is no registry to ask')
  else if (registry.pending)
    notes.push('the registry has not heard of the last promotion yet: the next deploy tells it')
  else {
    if (should.model.version !== undefined && registry.version !== should.model.version)
      tell(
        'registry',
        registry.version === null
          ? `has no version with the digest ${short(digest)}, which Git calls v${should.model.version}`
          : `has ${short(digest)} as v${registry.version}, and Git as v${should.model.version}`,
        'register the model again: npm run register',
      )
    const { alias } = registry
    if (should.model.version !== undefined && alias?.digest !== digest)
      tell(
        'registry',
        `its alias ${environment} points at ${alias ? `v${alias.version} (${short(alias.digest)})` : 'nothing'}, and ${nameOf(should)} runs`,
        `point the alias ${environment} at v${should.model.version}, or deploy again`,
      )
  }

  if (!bundle) notes.push(`the bundle of ${short(digest)} is not on this machine`)
  else if ('broken' in bundle) tell('bundle', `of ${short(digest)} on this machine: ${bundle.broken}`, deploy)
  else if (bundle.digest !== digest)
    tell('bundle', `kept as ${short(digest)} on this machine is ${short(bundle.digest)}`, deploy)

  const stable = servers.find(({ arm }) => arm === 'stable')
  if (!stable?.digest && !gateway) notes.push('nothing of it runs on this machine')
  for (const { arm, release, pid, digest: served } of servers) {
    const meant = arm === 'stable' ? digest : release.model.digest
    if (served !== null && served !== meant)
      tell('server', `${arm} (pid ${pid}) serves ${short(served)}, not ${short(meant)}`, deploy)
    if (served === null && gateway)
      tell('server', `${arm}, which should serve ${short(meant)}, does not answer`, deploy)
  }
  if (gateway && gateway.weight === 0 && gateway.digest !== digest)
    tell('gateway', `its clients are answered by ${short(gateway.digest ?? 'nobody')}, not ${short(digest)}`, deploy)
  return { wrong, notes }
}

const short = (digest: string) => digest.slice(0, 19)
