import type { Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

const MOST_TRIES = 50

export interface SharedPort {
  port: number
  tcp: Server
  udp: UdpSocket[]
}

/**
 * Takes connections and datagrams at one port of an address: `udp` makes the sockets for these. A port that is free for
 * the one may be taken for the other, so that several are tried.
 */
export async function listenAtOnePort(
  address: string | undefined,
  { tcp: take, udp: make }: { tcp(socket: Socket): void; udp(): UdpSocket[] },
): Promise<SharedPort> {
  for (let tries = 1; ; tries++) {
    const tcp = createServer(take).listen(0, address)
    await once(tcp, 'listening')
    const { port } = tcp.address() as AddressInfo
    const udp = make()
    try {
      for (const socket of udp) await once(socket.bind(port, address), 'listening')
      return { port, tcp, udp }
    } catch (error) {
      for (const each of [tcp, ...udp]) each.close()
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === MOST_TRIES) throw error
    }
  }
}
