import { qmp, type Monitor } from './qmp.ts'

/** libvirt's name for the first NIC. */
const NAT_NIC = 'net0'

/** The device state that a clone loads holds the link's state too: only after that does this last. */
export async function setNatLink(monitor: Monitor, up: boolean): Promise<void> {
  await qmp(monitor, 'set_link', { name: NAT_NIC, up })
}
