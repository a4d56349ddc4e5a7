import { setTimeout as delay } from 'node:timers/promises'
import { qmp, type Monitor } from './qmp.ts'

/** A device that was plugged into a VM after its start: a frozen VM's memory expects it in its very place. */
export interface Plugged {
  id: string
  kind: 'share' | 'nic'
  /** On the PCI bus, as QEMU takes it: `SLOT.FUNCTION`, hexadecimal. */
  address: string
  /** Of a NIC. */
  mac?: string
}

const FOLDER = '/machine/peripheral'
const KINDS = { 'child<virtio-9p-pci>': 'share', 'child<virtio-net-pci>': 'nic' } as const
/** Of those that libvirt makes; they are there from the start. */
const FROM_START = new Set(['net0'])

/** How long a guest may take to let go of a device. */
const UNPLUG_MS = 10_000
const STEP_MS = 20

const devicesOf = (monitor: Monitor): Promise<{ name: string; type: string }[]> =>
  qmp(monitor, 'qom-list', { path: FOLDER })

const property = <T>(monitor: Monitor, id: string, name: string): Promise<T> =>
  qmp(monitor, 'qom-get', { path: `${FOLDER}/${id}`, property: name })

/** Shared folders and NICs that were plugged into the VM. */
export async function pluggedDevices(monitor: Monitor): Promise<Plugged[]> {
  const found: Plugged[] = []
  for (const { name: id, type } of await devicesOf(monitor)) {
    const kind = KINDS[type as keyof typeof KINDS]
    if (!kind || FROM_START.has(id)) continue
    const devfn = await property<number>(monitor, id, 'addr')
    const address = `${(devfn >> 3).toString(16)}.${devfn & 7}`
    const mac = kind === 'nic' ? await property<string>(monitor, id, 'mac') : undefined
    found.push({ id, kind, address, mac })
  }
  return found
}

/** Before a frozen VM's devices are loaded: a share leads to what has its id now, a NIC leads nowhere. */
export async function replug(monitor: Monitor, { id, kind, address, mac }: Plugged): Promise<void> {
  await qmp(monitor, 'device_add', {
    id,
    addr: address,
    ...(kind === 'share' ? share(id) : { ...NIC, mac }),
  })
}

export const share = (id: string) => ({ driver: 'virtio-9p-pci', fsdev: id, mount_tag: id })

export const NIC = {
  driver: 'virtio-net-pci',
  rx_queue_size: 1024,
  // A NIC that nobody boots from needs no code for it.
  romfile: '',
}

/** Has the guest let go of a device; one that does not keeps it. */
export async function unplug(monitor: Monitor, id: string): Promise<void> {
  await qmp(monitor, 'device_del', { id })
  for (const deadline = Date.now() + UNPLUG_MS; Date.now() < deadline; await delay(STEP_MS)) {
    if (!(await devicesOf(monitor)).some(({ name }) => name === id)) return
  }
}
