import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Switches, type SwitchNetwork } from './switches.ts'

const BINARY = join(import.meta.dirname, '../../native/switch/out/switch')
const network: SwitchNetwork = {
  id: 'b'.repeat(64),
  name: 'nat',
  gateway: { mac: '02:42:00:00:00:01' },
  isolated: true,
}
const id = 'c'.repeat(64)

let folder: string
let switches: Switches
const servers: Server[] = []

beforeEach(async () => {
  folder = await mkdtemp('/tmp/ramet-gates-')
  switches = await Switches.open({ binary: BINARY, folder, log: () => {} })
})

afterEach(async () => {
  await switches.forget(network.id, id)
  switches.detach()
  for (const server of servers.splice(0)) server.close()
  await rm(folder, { recursive: true })
})

/** What QEMU does: listens, and gets the gate's end. */
async function listen(path: string): Promise<Socket> {
  const server = createServer().listen(path)
  servers.push(server)
  const [socket] = (await once(server, 'connection')) as [Socket]
  return socket
}

test('frames pass a gate each way, and are counted', async () => {
  await switches.put(network, { id, bitsPerSecond: 1_000_000 })
  const { up, down } = switches.gate(network.id, id)
  const [upFrom, upTo, downFrom, downTo] = await Promise.all([up.from, up.to, down.from, down.to].map(listen))
  const frame = (text: string): Buffer => {
    const header = Buffer.alloc(4)
    header.writeUInt32BE(text.length)
    return Buffer.concat([header, Buffer.from(text)])
  }
  upFrom!.write(frame('out'))
  downFrom!.write(frame('into'))
  const [[out], [into]] = await Promise.all([once(upTo!, 'data'), once(downTo!, 'data')])
  expect([String(out), String(into)]).toEqual([String(frame('out')), String(frame('into'))])
  expect((await switches.counters()).get(id)).toMatchObject({ sentBytes: 3, receivedBytes: 4 })
  for (const socket of [upFrom, upTo, downFrom, downTo]) socket!.destroy()
  await switches.forget(network.id, id)
  expect(await readdir(folder)).toEqual([])
})
