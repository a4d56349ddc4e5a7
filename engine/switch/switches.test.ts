import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Switches, type SwitchMember, type SwitchNetwork } from './switches.ts'

const BINARY = join(import.meta.dirname, '../../native/switch/out/switch')
const network: SwitchNetwork = {
  id: 'a'.repeat(64),
  name: 'front',
  gateway: { mac: '02:42:0a:09:00:01', ip4: '10.9.0.1/24', ip6: 'fd00::1' },
  isolated: false,
}
const member = (at: number): SwitchMember => ({
  id: String(at).repeat(64),
  mac: `02:42:0a:09:00:0${at}`,
  ip4: `10.9.0.${at}`,
  bitsPerSecond: 0,
  names: ['web', 'no name'],
})

let folder: string
let logged: string[]
let opened: Switches[]

beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-switches-')
  ;[logged, opened] = [[], []]
})

afterEach(async () => {
  for (const each of opened) each.detach()
  const last = await open()
  await last.settle()
  last.detach()
  await rm(folder, { recursive: true })
})

async function open(binary = BINARY): Promise<Switches> {
  const switches = await Switches.open({ binary, folder, log: (message) => void logged.push(message) })
  opened.push(switches)
  return switches
}

const pidOf = async (): Promise<number> => Number(await readFile(`${folder}/aaaaaaaaaaaa/pid`, 'utf8'))

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (await holds()) return
    await delay(20)
  }
  throw new Error('it did not come about')
}

test('a switch runs while its network has members', async () => {
  const switches = await open()
  await switches.put(network, member(2))
  await switches.put(network, member(3))
  expect([...(await switches.counters()).keys()]).toEqual([member(2).id, member(3).id])
  expect((await readdir(`${folder}/aaaaaaaaaaaa`)).sort()).toEqual([
    '222222222222.switch',
    '333333333333.switch',
    'control',
    'log',
    'pid',
  ])
  await expect(switches.put(network, { ...member(4), mac: member(3).mac })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('another member has that address'),
  })
  await switches.forget(network.id, member(2).id)
  await switches.forget(network.id, member(3).id)
  expect(await readdir(folder)).toEqual([])
})

test('the next engine finds it, and has it forget whom nobody knows any more', async () => {
  const first = await open()
  await first.put(network, member(2))
  await first.put(network, member(3))
  const pid = await pidOf()
  first.detach()
  const next = await open()
  await next.put(network, member(3))
  await next.settle()
  expect(await pidOf()).toBe(pid)
  expect([...(await next.counters()).keys()]).toEqual([member(3).id])
})

test('it is started again where it dies, and knows its members', async () => {
  const switches = await open()
  await switches.put(network, member(2))
  const pid = await pidOf()
  process.kill(pid, 'SIGKILL')
  await until(async () => (await pidOf()) !== pid)
  await until(async () => (await switches.counters()).has(member(2).id))
  expect(logged).toContain('the switch of the network front has gone; it is started again')
})

test('one of another version is replaced', async () => {
  const first = await open()
  await first.put(network, member(2))
  const pid = await pidOf()
  first.detach()
  const other = await mkdtemp('/tmp/ramet-switch-')
  await promisify(execFile)('cp', [BINARY, `${other}/switch`])
  await writeFile(`${other}/version`, 'another')
  const next = await open(`${other}/switch`)
  await next.put(network, member(2))
  expect(await pidOf()).not.toBe(pid)
  expect(logged).toContain('the switch of the network front is of another version; it is replaced')
  await rm(other, { recursive: true })
})

test('without the program it says what to do', async () => {
  await expect(open(`${folder}/switch`)).rejects.toMatchObject({
    code: 'KIT_MISSING',
    message: expect.stringContaining('run build/bootstrap.sh'),
  })
})

test('one that cannot start says why', async () => {
  const other = await mkdtemp('/tmp/ramet-switch-')
  await writeFile(`${other}/switch`, '#!/bin/sh\necho no luck >&2\nexit 1\n')
  await chmod(`${other}/switch`, 0o755)
  await writeFile(`${other}/version`, 'another')
  const switches = await open(`${other}/switch`)
  await expect(switches.put(network, member(2))).rejects.toThrow(
    'cannot start the switch of the network front: no luck',
  )
  await rm(other, { recursive: true })
})
