import { isIP } from 'node:net'
import type { DeviceMapping } from '../../../../contract/docker-options.ts'
import type { HostConfig } from '../../../../contract/docker.ts'
import { EngineError } from '../../../../contract/errors.ts'

/** Docker's word for the address of the workstation. */
export const HOST_GATEWAY = 'host-gateway'

/** What Docker hides of /proc and /sys, and shows without letting anybody write. */
const MASKED = [
  ...['/proc/acpi', '/proc/asound', '/proc/interrupts', '/proc/kcore', '/proc/keys', '/proc/latency_stats'],
  ...['/proc/timer_list', '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware'],
]
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/** Nothing is hidden from a privileged container; a list that is given, empty or not, stands in the defaults' place. */
export function hiddenPaths({ Privileged, MaskedPaths, ReadonlyPaths }: HostConfig): {
  maskedPaths: string[]
  readOnlyPaths: string[]
} {
  return {
    maskedPaths: MaskedPaths ?? (Privileged ? [] : MASKED),
    readOnlyPaths: ReadonlyPaths ?? (Privileged ? [] : READ_ONLY),
  }
}

/** Devices by their path in the guest and in the container. */
export function devicesOf({ Devices }: HostConfig): { path: string; target: string }[] {
  return (Devices ?? []).map(parseDevice)
}

function parseDevice({ PathOnHost = '', PathInContainer }: DeviceMapping): { path: string; target: string } {
  const target = PathInContainer || PathOnHost
  if (/^\/dev\/[^.]/.test(PathOnHost) && !PathOnHost.includes('/../') && target.startsWith('/')) {
    return { path: PathOnHost, target }
  }
  throw new EngineError(
    'INVALID_ARGUMENT',
    `'${PathOnHost}' is not the path of a device of the VM; give one below /dev, for example /dev/fuse`,
  )
}

export function checkDevices(value: unknown): undefined {
  ;(value as DeviceMapping[]).forEach(parseDevice)
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`. */
export function parseExtraHost(entry: string, gateway: string): { name: string; address: string } {
  const at = entry.search(/[:=]/)
  const address = entry.slice(at + 1).replace(/^\[(.*)\]$/, '$1')
  if (at > 0 && (address === HOST_GATEWAY || isIP(address))) {
    return { name: entry.slice(0, at), address: address === HOST_GATEWAY ? gateway : address }
  }
  throw new EngineError(
    'INVALID_ARGUMENT',
    `'${entry.slice(0, 100)}' is not a host entry; write NAME:ADDRESS, with an IP address`,
  )
}

export function checkExtraHosts(value: unknown): undefined {
  for (const entry of value as string[]) parseExtraHost(entry, HOST_GATEWAY)
}

export function checkDns(value: unknown): undefined {
  const wrong = (value as string[]).find((address) => !isIP(address))
  if (wrong === undefined) return
  throw new EngineError('INVALID_ARGUMENT', `'${wrong.slice(0, 60)}' is not the IP address of a name server`)
}

/** Words of a line in /etc/resolv.conf. */
export function checkWords(value: unknown, field: string): undefined {
  const wrong = (value as string[]).find((word) => !/^[^\s\0]+$/.test(word))
  if (wrong === undefined) return
  throw new EngineError(
    'INVALID_ARGUMENT',
    `'${wrong.slice(0, 60)}' in ${field} cannot stand in /etc/resolv.conf`,
  )
}

export function checkOomScore(value: unknown): undefined {
  const score = value as number
  if (score >= -1000 && score <= 1000) return
  throw new EngineError('INVALID_ARGUMENT', `OomScoreAdj=${score} cannot be: give -1000 to 1000`)
}
