import { isIPv4, isIPv6 } from 'node:net'

/** An address of either version as a number, so that it can be counted with. */
export interface Address {
  version: 4 | 6
  value: bigint
}

export interface Subnet extends Address {
  prefix: number
}

const BITS = { 4: 32, 6: 128 } as const

/** Undefined where `text` is no address. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { version: 4, value: bytesToNumber(text.split('.').map(Number)) }
  if (!isIPv6(text) || text.includes('%')) return undefined
  // An address of version 4 at its end stands for the last two groups.
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
    const [a, b, c, d] = parts.slice(0, 4).map(Number) as [number, number, number, number]
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [before = '', after] = plain.split('::')
  const groups = (part: string): string[] => (part ? part.split(':') : [])
  const head = groups(before)
  const tail = after === undefined ? [] : groups(after)
  const all = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail]
  return { version: 6, value: all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) }
}

const bytesToNumber = (bytes: number[]): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)

export function formatAddress({ version, value }: Address): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  )
  // The one who knows how version 6 is shortened.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

/** The network that `text`, an address and the length of its prefix, is in; undefined where it is none. */
export function parseSubnet(text: string): { subnet: Subnet; exact: boolean } | undefined {
  const [, host, length] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const address = parseAddress(host ?? '')
  const prefix = Number(length)
  if (!address || prefix > BITS[address.version]) return undefined
  const subnet = { version: address.version, value: address.value & mask(address.version, prefix), prefix }
  return { subnet, exact: subnet.value === address.value }
}

export const formatSubnet = (subnet: Subnet): string => `${formatAddress(subnet)}/${subnet.prefix}`

function mask(version: 4 | 6, prefix: number): bigint {
  const bits = BigInt(BITS[version])
  return ((1n << bits) - 1n) ^ ((1n << (bits - BigInt(prefix))) - 1n)
}

export function contains(subnet: Subnet, { version, value }: Address): boolean {
  return subnet.version === version && (value & mask(version, subnet.prefix)) === subnet.value
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.prefix <= other.prefix ? contains(one, other) : contains(other, one)
}

/** How many addresses it has. */
export function sizeOf({ version, prefix }: Subnet): bigint {
  return 1n << BigInt(BITS[version] - prefix)
}
