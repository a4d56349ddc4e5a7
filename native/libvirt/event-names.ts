/** libvirt's enumerations in words, in their numeric order (libvirt-domain.h). */

const STATES = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const
export type DomainStateName = (typeof STATES)[number] | 'unknown'

export function domainState(value: number): DomainStateName {
  return STATES[value] ?? 'unknown'
}

const EVENTS = [
  ['defined', ['added', 'updated', 'renamed', 'from-snapshot']],
  ['undefined', ['removed', 'renamed']],
  ['started', ['booted', 'migrated', 'restored', 'from-snapshot', 'wakeup', 'recovery']],
  ['suspended', ['paused', 'migrated', 'io-error', 'watchdog', 'restored', 'from-snapshot', 'api-error', 'postcopy', 'postcopy-failed']],
  ['resumed', ['unpaused', 'migrated', 'from-snapshot', 'postcopy', 'postcopy-failed']],
  ['stopped', ['shutdown', 'destroyed', 'crashed', 'migrated', 'saved', 'failed', 'from-snapshot', 'recreated']],
  ['shutdown', ['finished', 'guest', 'host']],
  ['pmsuspended', ['memory', 'disk']],
  ['crashed', ['panicked', 'crashloaded']],
] as const // prettier-ignore

export type LifecycleEventName = (typeof EVENTS)[number][0] | 'unknown'

export function lifecycle(event: number, detail: number): { event: LifecycleEventName; detail: string } {
  const [name, details] = EVENTS[event] ?? ['unknown', []]
  return { event: name, detail: details[detail] ?? 'unknown' }
}

const CLOSE_REASONS = ['error', 'eof', 'keepalive', 'client']

export function closeReason(value: number): string {
  return CLOSE_REASONS[value] ?? 'unknown'
}
