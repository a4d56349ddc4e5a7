import { EngineError } from '../../contract/errors.ts'
import { hmp, type Monitor } from './qmp.ts'
import type { PortForward } from './virtual-machine.ts'

/** libvirt's name for the network back end of the first NIC. */
const NETDEV = 'hostnet0'

function hostSide(forward: PortForward): string {
  return `${forward.protocol}:${forward.hostIp}:${forward.hostPort}`
}

/** Publishes a port of a running VM, live. Rejects with PORT_TAKEN. */
export async function addForward(monitor: Monitor, forward: PortForward): Promise<void> {
  const said = await hmp(monitor, `hostfwd_add ${NETDEV} ${hostSide(forward)}-:${forward.guestPort}`)
  if (!said) return
  const { hostIp, hostPort, protocol } = forward
  throw new EngineError(
    'PORT_TAKEN',
    `cannot publish ${hostIp}:${hostPort}/${protocol}: the port is taken or not allowed. Choose another host port, or stop what listens there`,
    { cause: said },
  )
}

export async function removeForward(monitor: Monitor, forward: PortForward): Promise<void> {
  await hmp(monitor, `hostfwd_remove ${NETDEV} ${hostSide(forward)}`)
}

/** What the VM publishes now, by QEMU's own account. */
export async function listForwards(monitor: Monitor): Promise<PortForward[]> {
  return parseUsernet(await hmp(monitor, 'info usernet'))
}

/** Reads QEMU's table of user-mode connections; rows of forwards look like `TCP[HOST_FORWARD] 13 127.0.0.1 8080 10.0.2.15 80`. */
export function parseUsernet(text: string): PortForward[] {
  const row = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)/gm
  return [...text.matchAll(row)].map(([, protocol, hostIp, hostPort, guestPort]) => ({
    protocol: protocol === 'UDP' ? 'udp' : 'tcp',
    hostIp: hostIp === '*' ? '0.0.0.0' : hostIp!,
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
  }))
}
