import { setTimeout as delay } from 'node:timers/promises'
import { qmp, type Monitor } from './qmp.ts'
import type { Nic } from './virtual-machine.ts'

/** libvirt's name for the first NIC. */
const NAT_NIC = 'net0'

/** How long a guest may take to let go of a NIC. */
const UNPLUG_MS = 10_000
const STEP_MS = 50

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
  await qmp(monitor, 'device_add', {
    driver: 'virtio-net-pci',
    id: deviceOf(id),
    netdev: id,
    mac,
    rx_queue_size: 1024,
    // A NIC that nobody boots from needs no code for it.
    romfile: '',
  })
}

/** Cuts a NIC off at once, then has the guest let go of it. */
export async function removeNic(monitor: Monitor, id: string): Promise<void> {
  await qmp(monitor, 'netdev_del', { id })
  await qmp(monitor, 'device_del', { id: deviceOf(id) })
  for (const deadline = Date.now() + UNPLUG_MS; Date.now() < deadline; await delay(STEP_MS)) {
    const devices = await qmp<{ name: string }[]>(monitor, 'qom-list', { path: '/machine/peripheral' })
    if (!devices.some(({ name }) => name === deviceOf(id))) return
  }
  // A guest that keeps it has a NIC that leads nowhere.
}

const deviceOf = (id: string): string => `${id}-nic`
