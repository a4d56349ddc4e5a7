import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { listenAtOnePort } from './shared-port.ts'

const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])

/** Addresses of this machine that are none of its loopback: these a container may reach. */
export const OUTSIDE = own
  .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
  .map(({ address }) => address)
export const OUTSIDE4 = OUTSIDE.find((address) => !isIPv6(address))!

/** What of QEMU's user network leads to the loopback, by whatever way; of version 6 where this machine has one. */
export const LEADING_IN = [
  ...['127.0.0.1', '127.0.0.53', '0.0.0.0', '10.0.2.2', '10.0.2.3', '10.0.2.77', '10.0.2.255'],
  ...['255.255.255.255', '::ffff:127.0.0.1', '::ffff:0.0.0.0', 'fec0::2', 'fec0::3', 'fec0::77'],
  ...(own.some(({ address }) => address === '::1') ? ['::1', '::'] : []),
]

export interface Listeners extends AsyncDisposable {
  port: number
  /** `tcp` and the address that it came to; of datagrams what stands in them. */
  arrived: string[]
}

/** Listens at one port of all addresses of this machine. */
export async function listenEverywhere(): Promise<Listeners> {
  if (!own.some(({ address }) => address === '::1'))
    console.warn('no loopback of version 6: it goes untested')
  const arrived: string[] = []
  const { port, tcp, udp } = await listenAtOnePort(undefined, {
    tcp(socket) {
      arrived.push(`tcp ${socket.localAddress!.replace('::ffff:', '')}`)
      socket.on('error', () => {})
      socket.end('reached')
    },
    udp: () =>
      [createSocket('udp4'), createSocket({ type: 'udp6', ipv6Only: true })].map((socket) =>
        socket.on('message', (data) => arrived.push(String(data))),
      ),
  })
  return {
    port,
    arrived,
    async [Symbol.asyncDispose]() {
      for (const socket of udp) socket.close()
      tcp.close()
      await once(tcp, 'close')
    },
  }
}
