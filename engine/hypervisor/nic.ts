import { NIC, unplug } from './plugged.ts'
import { qmp, type Monitor } from './qmp.ts'
import type { Nic } from './virtual-machine.ts'

/** libvirt's name for the first NIC. */
const NAT_NIC = 'net0'

/** The device state that a clone loads holds the link's state too: only after that does this last. */
export async function setNatLink(monitor: Monitor, up: boolean): Promise<void> {
  await qmp(monitor, 'set_link', { name: NAT_NIC, up })
}

/** Plugs a NIC in whose frames go through unix datagram sockets. */
export async function addNic(monitor: Monitor, { id, mac, ownSocket, peerSocket }: Nic): Promise<void> {
  await qmp(monitor, 'netdev_add', {
    type: 'dgram',
    id,
    local: { type: 'unix', path: ownSocket },
    remote: { type: 'unix', path: peerSocket },
  })
  await qmp(monitor, 'device_add', { ...NIC, id: deviceOf(id), netdev: id, mac })
}

/** Cuts a NIC off at once, then has the guest let go of it. A guest that keeps it has a NIC that leads nowhere. */
export async function removeNic(monitor: Monitor, id: string): Promise<void> {
  await qmp(monitor, 'netdev_del', { id })
  await unplug(monitor, deviceOf(id))
}

const deviceOf = (id: string): string => `${id}-nic`
