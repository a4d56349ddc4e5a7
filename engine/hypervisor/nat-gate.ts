import { qmp, type Monitor } from './qmp.ts'
import type { NatGate } from './virtual-machine.ts'

/** libvirt's name for the network back end of the first NIC. */
const NETDEV = 'hostnet0'
/** As that back end sees it: what it receives is what the guest sends. */
const LANES = [
  ['up', 'rx'],
  ['down', 'tx'],
] as const

/**
 * Has all that goes through the NAT pass by `gate`, where QEMU listens and somebody else decides when it goes on; without
 * one it goes straight through. Whatever was there before, half made perhaps.
 */
export async function setNatGate(monitor: Monitor, gate: NatGate | undefined): Promise<void> {
  const objects = await qmp<{ name: string }[]>(monitor, 'qom-list', { path: '/objects' })
  const there = LANES.filter(([lane]) => objects.some(({ name }) => name === filterOf(lane)))
  if (gate && there.length === LANES.length) return
  for (const [lane] of there) await qmp(monitor, 'object-del', { id: filterOf(lane) })
  const chardevs = await qmp<{ label: string }[]>(monitor, 'query-chardev')
  for (const { label } of chardevs) {
    if (label.startsWith('gate-')) await qmp(monitor, 'chardev-remove', { id: label })
  }
  if (!gate) return
  for (const [lane, queue] of LANES) {
    for (const end of ['from', 'to'] as const) await listen(monitor, `gate-${lane}-${end}`, gate[lane][end])
    await qmp(monitor, 'object-add', {
      'qom-type': 'filter-redirector',
      id: filterOf(lane),
      netdev: NETDEV,
      queue,
      outdev: `gate-${lane}-from`,
      indev: `gate-${lane}-to`,
    })
  }
}

const filterOf = (lane: string): string => `gate-${lane}`

async function listen(monitor: Monitor, id: string, path: string): Promise<void> {
  const addr = { type: 'unix', data: { path } }
  const backend = { type: 'socket', data: { addr, server: true, wait: false } }
  await qmp(monitor, 'chardev-add', { id, backend })
}
