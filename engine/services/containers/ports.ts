import { createSocket } from 'node:dgram'
import { createServer, isIPv4, isIPv6 } from 'node:net'
import type { ContainerConfig, HostConfig, PortMap } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { PortForward } from '../../hypervisor/virtual-machine.ts'

/** A port that is wanted; `hostPort` 0 takes any free one, `lastHostPort` the first that is free up to there. */
export type WantedPort = PortForward & { lastHostPort?: number }

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

/** One port, or a range to take a free one of. */
function parseHostPort(text = ''): { hostPort: number; lastHostPort?: number } {
  const match = /^(?:(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(text)
  const hostPort = Number(match?.[1] ?? 0)
  const lastHostPort = Number(match?.[2] ?? hostPort)
  if (!match || lastHostPort > 65_535 || lastHostPort < hostPort) {
    throw new EngineError('INVALID_ARGUMENT', `'${text}' is not a host port; use 1 to 65535, or a range`)
  }
  return lastHostPort > hostPort ? { hostPort, lastHostPort } : { hostPort }
}

function parseHostIp(text: string | undefined): string {
  if (!text) return DEFAULT_HOST_IP
  if (isIPv4(text)) return text
  if (isIPv6(text)) {
    throw new EngineError(
      'NOT_SUPPORTED',
      `ports cannot be published on ${text}: QEMU's user network listens on IPv4 only; use 127.0.0.1 or 0.0.0.0`,
    )
  }
  throw new EngineError('INVALID_ARGUMENT', `'${text}' is not an address of the host`)
}

/** What a container asks to have published. */
export function wantedPorts(config: ContainerConfig, host: HostConfig): WantedPort[] {
  const wanted: WantedPort[] = []
  for (const [key, bindings] of Object.entries(host.PortBindings ?? {})) {
    const { port, protocol } = parseContainerPort(key)
    for (const binding of bindings?.length ? bindings : [{}]) {
      const hostIp = parseHostIp(binding.HostIp)
      wanted.push({ protocol, hostIp, ...parseHostPort(binding.HostPort), guestPort: port })
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
  for (const { lastHostPort, ...port } of wanted) {
    const isGiven = (hostPort: number): boolean =>
      forwards.some((each) => each.hostPort === hostPort && each.protocol === port.protocol)
    forwards.push({ ...port, hostPort: await free(port, lastHostPort ?? port.hostPort, isGiven) })
  }
  return forwards
}

/** The first port from `hostPort` to `last` that can be had. */
async function free(
  port: PortForward,
  last: number,
  isGiven: (hostPort: number) => boolean,
): Promise<number> {
  for (let hostPort = port.hostPort; hostPort < last; hostPort++) {
    const found = isGiven(hostPort) ? undefined : await probe({ ...port, hostPort }).catch(() => undefined)
    if (found !== undefined) return found
  }
  return probe({ ...port, hostPort: last })
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
