import type { PortMap } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'

interface Range {
  first: number
  last: number
}

export interface PublishedPorts {
  exposed: Record<string, object>
  bindings: PortMap
}

/**
 * What `-p` asks for: `[[HOST_IP:][HOST_PORT]:]PORT[/tcp|/udp]`, ports also as ranges of equal length, an IPv6 address
 * in brackets. Without a host port any free one is taken. Throws INVALID_ARGUMENT.
 */
export function parsePorts(specs: string[]): PublishedPorts {
  const ports: PublishedPorts = { exposed: {}, bindings: {} }
  for (const spec of specs) {
    const { hostIp, host, guest, protocol } = parse(spec)
    for (let port = guest.first; port <= guest.last; port++) {
      const key = `${port}/${protocol}`
      const HostPort = hostPortOf(host, guest, port)
      ports.exposed[key] = {}
      ports.bindings[key] = [...(ports.bindings[key] ?? []), { HostIp: hostIp, HostPort }]
    }
  }
  return ports
}

function parse(spec: string): { hostIp: string; host?: Range; guest: Range; protocol: string } {
  const match = /^(?:(?:(\[[0-9a-f:.]+\]|[\d.]*):)?([\d-]*):)?([\d-]+)(?:\/(\w+))?$/i.exec(spec)
  if (!match) throw invalid(spec, 'write [ADDRESS:][HOST_PORT:]PORT[/udp], for example 127.0.0.1:8080:80')
  const [, address = '', hostText = '', guestText = '', protocol = 'tcp'] = match
  if (!['tcp', 'udp'].includes(protocol.toLowerCase()))
    throw invalid(spec, 'only tcp and udp can be published')
  const guest = range(spec, guestText)
  const host = hostText ? range(spec, hostText) : undefined
  // For one port a range means any free one of it.
  if (host && guest.last > guest.first && host.last - host.first !== guest.last - guest.first) {
    throw invalid(spec, 'the ranges on both sides must be of the same length')
  }
  return { hostIp: address.replace(/^\[|\]$/g, ''), host, guest, protocol: protocol.toLowerCase() }
}

function hostPortOf(host: Range | undefined, guest: Range, port: number): string {
  if (!host) return ''
  if (guest.first === guest.last && host.last > host.first) return `${host.first}-${host.last}`
  return String(host.first + port - guest.first)
}

function range(spec: string, text: string): Range {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? match?.[1])
  if (!match || first < 1 || last > 65_535 || last < first) throw invalid(spec, 'ports are from 1 to 65535')
  return { first, last }
}

function invalid(spec: string, advice: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', `'${spec}' cannot be published: ${advice}`)
}
