import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { TestEngine } from '../support/engine.ts'
import { until, useEngine } from '../support/fixture.ts'

/** Endless output fills no disk, with an engine or without, and what is younger than the cap is there. */

let engine: TestEngine
let image: string

useEngine((fixture) => ({ engine, image } = fixture))

const MIB = 1024 * 1024
const ENDLESS = 'seq 1 100000000'

const logOf = async (name: string) => (await engine.inspect(name)).LogPath
const bytesOn = async (path: string): Promise<number> => (await stat(path)).blocks * 512
const bytesIn = async (path: string): Promise<number> => (await stat(path)).size

async function numbers(...args: string[]): Promise<number[]> {
  const { stdout } = await engine.ramet(['logs', ...args])
  return stdout.split('\n').slice(0, -1).map(Number)
}

const inOrder = (list: number[]): boolean => list.every((each, at) => each === list[0]! + at)

test('endless output stays under the cap, with an engine and without, and has no gap', async () => {
  const cap = MIB
  const flags = ['--log-opt', 'max-size=512k', '--log-opt', 'max-file=2']
  await engine.ramet(['run', '-d', '--name', 'endless', ...flags, image, 'sh', '-c', ENDLESS])
  const path = await logOf('endless')
  await until('it has printed much', async () => (await bytesIn(path)) > 12 * MIB)
  for (let look = 0; look < 10; look++, await delay(100)) expect(await bytesOn(path)).toBeLessThan(8 * MIB)

  const before = await bytesIn(path)
  await engine.down('SIGKILL')
  // Nobody cuts now: it prints a cap's worth at most, and waits.
  let size = before
  await until('it has come to a stop', async () => {
    const last = size
    size = await bytesIn(path)
    await delay(1_000)
    return size === last
  })
  expect(size - before).toBeLessThan(4 * cap)

  await engine.up()
  await until('it goes on', async () => (await bytesIn(path)) > size + 4 * MIB)
  await engine.ramet(['stop', '-t', '0', 'endless'])
  const all = await numbers('endless')
  expect(inOrder(all)).toBe(true)
  expect(all.join('\n').length).toBeGreaterThan(cap * 0.9)
  expect(await numbers('--tail', '5', 'endless')).toEqual(all.slice(-5))
  await until('the rest is cut', async () => (await bytesOn(path)) < 2 * MIB)
  await engine.ramet(['rm', 'endless'])
})

test('who is attached gets all of it, however little is kept', async () => {
  const count = 400_000
  const { code, stdout } = await engine.ramet(
    ['run', '--rm', '--log-opt', 'max-size=64k', image, 'seq', '1', String(count)],
    { timeoutMs: 240_000 },
  )
  expect(code).toBe(0)
  const list = stdout.split('\n').slice(0, -1).map(Number)
  expect([list[0], list.length, inOrder(list)]).toEqual([1, count, true])
})

test('logs -f goes on across what is cut', async () => {
  const flags = ['--log-opt', 'max-size=64k']
  await engine.ramet([
    'run',
    '-d',
    '--name',
    'followed',
    ...flags,
    image,
    'sh',
    '-c',
    'seq 1 300000; sleep 1',
  ])
  const list = await numbers('-f', '--tail', '1', 'followed')
  expect(list.at(-1)).toBe(300_000)
  await engine.ramet(['rm', 'followed'])
})

test('the driver none keeps nothing to read, and shows all to who is attached', async () => {
  const run = ['run', '--name', 'quiet', '--log-driver', 'none', image, 'echo', 'heard']
  expect(await engine.ramet(run)).toMatchObject({ code: 0, stdout: 'heard\n' })
  const { code, stderr } = await engine.ramet(['logs', 'quiet'])
  expect(code).toBe(1)
  expect(stderr).toContain('configured logging driver does not support reading')
  await engine.ramet(['rm', 'quiet'])
})
