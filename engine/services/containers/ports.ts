import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { ContainerConfig, HostConfig, PortMap } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { PortForward } from '../../hypervisor/virtual-machine.ts'

/** A port that is wanted; `hostPort` 0 takes any free one. */
export type WantedPort = PortForward

/** Without a word on the address a port is published on the workstation alone, not on its network. */
const DEFAULT_HOST_IP = '127.0.0.1'

function parseContainerPort(key: string): { port: number; protocol: 'tcp' | 'udp' } {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(key)
  const port = Number(match?.[1])
  if (!match || port < 1 || port > 65_535) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `'${key}' is not a container port; write it as 80/tcp or 53/udp`,
    )
  }
  return { port, protocol: match[2] === 'udp' ? 'udp' : 'tcp' }
}

/** What a container asks to have published. */
export function wantedPorts(config: ContainerConfig, host: HostConfig): WantedPort[] {
  const wanted: WantedPort[] = []
  for (const [key, bindings] of Object.entries(host.PortBindings ?? {})) {
    const { port, protocol } = parseContainerPort(key)
    for (const binding of bindings?.length ? bindings : [{}]) {
      const hostPort = Number(binding.HostPort || 0)
      if (!Number.isInteger(hostPort) || hostPort < 0 || hostPort > 65_535) {
        throw new EngineError('INVALID_ARGUMENT', `'${binding.HostPort}' is not a host port; use 1 to 65535`)
      }
      wanted.push({ protocol, hostIp: binding.HostIp || DEFAULT_HOST_IP, hostPort, guestPort: port })
    }
  }
  if (host.PublishAllPorts) {
    for (const key of Object.keys(config.ExposedPorts ?? {})) {
      const { port, protocol } = parseContainerPort(key)
      if (wanted.some((each) => each.guestPort === port && each.protocol === protocol)) continue
      wanted.push({ protocol, hostIp: DEFAULT_HOST_IP, hostPort: 0, guestPort: port })
    }
  }
  return wanted
}

/** Gives every wanted port a host port that is free now. Rejects with PORT_TAKEN before anything was started. */
export async function allocatePorts(wanted: WantedPort[]): Promise<PortForward[]> {
  const forwards: PortForward[] = []
  for (const port of wanted) forwards.push({ ...port, hostPort: await probe(port) })
  return forwards
}

function probe(port: WantedPort): Promise<number> {
  return port.protocol === 'tcp' ? probeTcp(port) : probeUdp(port)
}

function taken(port: WantedPort, error: NodeJS.ErrnoException): EngineError {
  const where = `${port.hostIp}:${port.hostPort}/${port.protocol}`
  const why: Record<string, string> = {
    EADDRINUSE: 'the port is already in use; choose another host port, or stop what listens there',
    EACCES: 'this user may not bind it; choose a host port from 1024 on',
    EADDRNOTAVAIL: 'the host has no such address; use one of its own',
  }
  return new EngineError('PORT_TAKEN', `cannot publish ${where}: ${why[error.code ?? ''] ?? error.message}`, {
    cause: error,
  })
}

function probeTcp(port: WantedPort): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => reject(taken(port, error)))
    server.listen({ host: port.hostIp, port: port.hostPort, exclusive: true }, () => {
      const { port: free } = server.address() as { port: number }
      server.close(() => resolve(free))
    })
  })
}

function probeUdp(port: WantedPort): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(port.hostIp.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', (error) => reject(taken(port, error)))
    socket.bind({ address: port.hostIp, port: port.hostPort, exclusive: true }, () => {
      const { port: free } = socket.address()
      socket.close(() => resolve(free))
    })
  })
}

/** Docker's shape of what is published. */
export function portMap(config: ContainerConfig, forwards: PortForward[]): PortMap {
  const map: PortMap = {}
  for (const key of Object.keys(config.ExposedPorts ?? {})) map[key.includes('/') ? key : `${key}/tcp`] = null
  for (const { protocol, hostIp, hostPort, guestPort } of forwards) {
    const key = `${guestPort}/${protocol}`
    map[key] = [...(map[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }]
  }
  return map
}
