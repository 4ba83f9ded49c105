import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { press, smallWorld } from './small.ts'

/** Processes of the whole machine whose command line has this. */
const running = (text: string) =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text)
    } catch {
      return false
    }
  })

test('what a job leaves running ends with it, however it hides', async () => {
  await using world = await smallWorld(`
jobs:
  job:
    runs-on: ubuntu-24.04
    steps:
      - run: |
          setsid sleep 600.125 >/dev/null 2>&1 &
          env --ignore-environment setsid sleep 600.25 >/dev/null 2>&1 &
          here=$PWD; cd /; env --ignore-environment setsid sh -c 'sleep 600.5; :' "$here/server-of-mine" >/dev/null 2>&1 &
      - run: |
          for n in 125 25 5; do ps -ef | grep -q "[s]leep 600.$n" || exit 1; done
`)
  assert.equal((await press(world)).conclusion, 'success')
  assert.deepEqual(running('sleep\x00600.125'), [])
  assert.deepEqual(running('sleep\x00600.25'), [])
  assert.deepEqual(running('/server-of-mine'), [])
})

test('a job sees nothing of the one before it on its machine', async () => {
  await using world = await smallWorld(`
jobs:
  one:
    runs-on: ubuntu-24.04
    steps: [{ run: 'touch here "$HOME/home" "$RUNNER_TEMP/temp"; git config --global user.name x' }]
  two:
    needs: one
    runs-on: ubuntu-24.04
    steps: [{ run: '[ "$(ls -A . "$RUNNER_TEMP" "$HOME" | grep -v -e : -e ^$)" = "" ] && ! git config user.name' }]
`)
  const run = await press(world)
  assert.equal(run.conclusion, 'success', run.jobs['two']?.log)
  assert.deepEqual(
    readdirSync(world.home).filter((name) => /^[mq]\d/.test(name)),
    [],
  )
})
