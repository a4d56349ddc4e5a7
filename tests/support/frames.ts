import { isIPv6 } from 'node:net'

/** Frames as a guest can send them past its own kernel's rules, in hexadecimal: `net-tool send` takes them. */

const GATEWAY_MAC = '525500000000'
const GUEST_MAC = '525400123456'
const NUMBERS = { tcp: 6, udp: 17 } as const
export type Protocol = keyof typeof NUMBERS
export const PROTOCOLS: Protocol[] = ['tcp', 'udp']

let source = 20_000

function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.replace(/[\d.]+$/, (last) => last.includes('.') ? hexWords(last) : last).split('::') // prettier-ignore
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => parseInt(word, 16))) // prettier-ignore
  const [before, after] = [words(head), words(tail ?? '')]
  const all = tail === undefined ? before : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after] // prettier-ignore
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

const hexWords = (ip4: string): string => {
  const [a, b, c, d] = ip4.split('.').map(Number) as [number, number, number, number]
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

function checksum(...parts: Buffer[]): number {
  let sum = 0
  for (const part of parts) for (const [at, byte] of part.entries()) sum += at % 2 === 0 ? byte << 8 : byte
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff || 0xffff
}

/** Up to the addresses, as the next one. */
function header6(protocol: number, length: number): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(0x60000000, 0)
  header.writeUInt16BE(length, 4)
  header.set([protocol, 64], 6)
  return header
}

function header4(protocol: number, length: number, addresses: Buffer, id = 0): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(0x4500, 0)
  header.writeUInt16BE(20 + length, 2)
  header.writeUInt16BE(id, 4)
  header.set([64, protocol], 8)
  header.writeUInt16BE(checksum(header, addresses), 10)
  return header
}

export interface FrameSpec {
  /** Hardware addresses. */
  to: string
  from: string
  /** Addresses of version 4. */
  source: string
  target: string
  text: string
}

const ends = ({ to, from }: FrameSpec): string => `${to}${from}`.replaceAll(':', '')

/** With a packet of an unused protocol, so that no program answers it. */
export function packet(spec: FrameSpec): string {
  const text = Buffer.from(spec.text)
  const addresses = Buffer.concat([bytesOf(spec.source), bytesOf(spec.target)])
  const hex = Buffer.concat([header4(253, text.length, addresses), addresses, text]).toString('hex')
  return `${ends(spec)}0800${hex}`
}

/** Says that `source` is at `from`. */
export function arpReply(spec: FrameSpec): string {
  const [source, target, text] = [bytesOf(spec.source), bytesOf(spec.target), Buffer.from(spec.text)]
  const [to, from] = [spec.to, spec.from].map((address) => Buffer.from(address.replaceAll(':', ''), 'hex'))
  const hex = Buffer.concat([from!, source, to!, target, text]).toString('hex')
  return `${ends(spec)}08060001080006040002${hex}`
}

/** To the NAT: a SYN, or a datagram with `text` in it, to an address of either version. */
export function frameTo(to: string, protocol: Protocol, port: number, text: string): string {
  const six = isIPv6(to)
  const number = NUMBERS[protocol]
  const addresses = Buffer.concat([bytesOf(six ? 'fec0::15' : '10.0.2.15'), bytesOf(to)])
  const data = Buffer.from(text)
  const body = protocol === 'tcp' ? Buffer.alloc(20) : Buffer.concat([Buffer.alloc(8), data])
  body.writeUInt16BE(source++, 0)
  body.writeUInt16BE(port, 2)
  if (protocol === 'udp') body.writeUInt16BE(body.length, 4)
  else body.writeUInt32BE(0x50022000, 12)
  const pseudo = Buffer.alloc(4)
  pseudo.writeUInt16BE(number, 0)
  pseudo.writeUInt16BE(body.length, 2)
  body.writeUInt16BE(checksum(addresses, pseudo, body), protocol === 'tcp' ? 16 : 6)
  const header = six ? header6(number, body.length) : header4(number, body.length, addresses, source)
  const hex = Buffer.concat([header, addresses, body]).toString('hex')
  return `${GATEWAY_MAC}${GUEST_MAC}${six ? '86dd' : '0800'}${hex}`
}
