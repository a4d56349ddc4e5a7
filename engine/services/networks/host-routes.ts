import { readFile } from 'node:fs/promises'
import type { Subnet } from './address.ts'

/** What the workstation itself has routes to: a network there would hide it from the network's containers. */
export async function hostRoutes(root = '/proc/net'): Promise<Subnet[]> {
  const read = (name: string): Promise<string> => readFile(`${root}/${name}`, 'utf8').catch(() => '')
  return [...routes4(await read('route')), ...routes6(await read('ipv6_route'))]
}

/** Columns: interface, destination, gateway, flags, three counts, mask; numbers are as they lie in memory. */
function routes4(text: string): Subnet[] {
  const swapped = (hex: string): bigint => BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`)
  return rows(text).flatMap((row) => {
    const [, destination = '', , , , , , mask = ''] = row
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return []
    const prefix = swapped(mask).toString(2).replaceAll('0', '').length
    // The default route leads everywhere.
    return prefix === 0 ? [] : [{ version: 4 as const, value: swapped(destination), prefix }]
  })
}

/** Columns: destination, length of its prefix, and what does not matter here. */
function routes6(text: string): Subnet[] {
  return rows(text).flatMap(([destination = '', length = '']) => {
    const prefix = parseInt(length, 16)
    if (!/^[0-9a-f]{32}$/.test(destination) || !(prefix > 0)) return []
    return [{ version: 6 as const, value: BigInt(`0x${destination}`), prefix }]
  })
}

const rows = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s+/))
