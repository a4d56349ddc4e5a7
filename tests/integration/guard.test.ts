import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { guardedProcess, guardEnvironment } from '../../engine/hypervisor/guard.ts'
import { until } from '../support/fixture.ts'
import { frameTo, PROTOCOLS } from '../support/frames.ts'
import { LEADING_IN, listenEverywhere, OUTSIDE } from '../support/loopback-listeners.ts'

/**
 * Frames as any guest could send them, in the user network of a QEMU that has no machine: with its guard, and without.
 * Answers what has come that may not go outside, once all of `awaited` has.
 */
async function arrivals(
  guarded: boolean,
  ports: (port: number) => number[],
  awaited: string[] = [],
): Promise<string[]> {
  await using listeners = await listenEverywhere()
  const { port, arrived } = listeners
  const folder = await mkdtemp('/tmp/ramet-guard-')
  const [wire, guardFile] = [join(folder, 'wire'), join(folder, 'guard')]
  await writeFile(guardFile, ports(port).join('\n'))
  const args = ['-M', 'none', '-nodefaults', '-display', 'none', '-netdev', 'user,id=nat', '-netdev', `stream,id=wire,server=on,addr.type=unix,addr.path=${wire}`] // prettier-ignore
  const hubs = ['nat', 'wire'].flatMap((id) => ['-netdev', `hubport,hubid=0,netdev=${id},id=hub-${id}`])
  const qemu = spawn('qemu-system-x86_64', [...args, ...hubs], {
    env: { ...process.env, ...(guarded ? guardEnvironment(guardFile) : {}) },
    stdio: 'ignore',
  })
  const ended = once(qemu, 'exit')
  try {
    const socket = connect(wire).on('error', () => {})
    await until('QEMU to listen', async () => {
      if (socket.readyState === 'open') return true
      await delay(50)
      if (!socket.connecting) socket.connect(wire)
      return false
    })
    for (const to of [...LEADING_IN, ...OUTSIDE]) {
      for (const protocol of PROTOCOLS) {
        const frame = Buffer.from(frameTo(to, protocol, port, `udp ${to}`), 'hex')
        const length = Buffer.alloc(4)
        length.writeUInt32BE(frame.length)
        socket.write(Buffer.concat([length, frame]))
      }
    }
    const last = OUTSIDE.flatMap((to) => PROTOCOLS.map((protocol) => `${protocol} ${to}`))
    const all = [...awaited, ...last]
    await until(`${all.join(', ')} to arrive`, async () => all.every((each) => arrived.includes(each)))
    if (guarded) expect(Number((await readFile(`${guardFile}.state`)).readBigUInt64LE())).toBe(qemu.pid)
    return arrived.filter((each) => !last.includes(each))
  } finally {
    qemu.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true })
  }
}

test('without its guard QEMU leads to the loopback by many ways: this test would find out', async () => {
  const ways = ['tcp 127.0.0.1', 'udp 127.0.0.1', 'udp 0.0.0.0', 'udp 10.0.2.2']
  if (LEADING_IN.includes('::1')) ways.push('tcp ::1', 'udp fec0::2')
  expect(await arrivals(false, () => [], ways)).toEqual(expect.arrayContaining(ways))
})

test('with it by none, and to a port that was named at the one address', async () => {
  expect(await arrivals(true, () => [])).toEqual([])
  const found = new Set(await arrivals(true, (port) => [port], ['tcp 127.0.0.1', 'udp 10.0.2.2']))
  for (const other of ['tcp 127.0.0.53', 'tcp ::1', 'udp 0.0.0.0', 'udp fec0::2']) expect(found).not.toContain(other) // prettier-ignore
})

test('a QEMU that has not loaded it is found out', async () => {
  const missing = guardedProcess('/tmp/ramet-no-such-guard', 'x')
  await expect(missing).rejects.toMatchObject({ code: 'KIT_MISSING' })
  const folder = await mkdtemp('/tmp/ramet-guard-')
  const stale = join(folder, 'guard')
  // A process there is, but it is no QEMU of that VM's.
  const state = Buffer.alloc(40)
  state.writeBigUInt64LE(BigInt(process.pid))
  await writeFile(`${stale}.state`, state)
  await expect(guardedProcess(stale, 'x')).rejects.toMatchObject({ code: 'KIT_MISSING' })
  await rm(folder, { recursive: true })
})
