const LOCAL = 0x02

/** Of an endpoint that asks for none, in a network with a switch: follows from its address in version 4, or from its id (hex). */
export function endpointMac(ip4: string | undefined, id: string): string {
  // Who remembers a neighbour that has gone remembers nothing wrong.
  return macOf(0x42, ip4 ? ip4.split('.').map(Number) : bytesOf(id))
}

/** Of a container's first interface, at the NAT, where it asks for none: the container's own, whatever template it comes of. */
export function natMac(containerId: string): string {
  return macOf(0x72, bytesOf(containerId))
}

const bytesOf = (hex: string): number[] =>
  [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))

const macOf = (kind: number, bytes: number[]): string =>
  [LOCAL, kind, ...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
