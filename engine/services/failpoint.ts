/** Places at which the engine can be made to die: between two steps that a crash must not be able to part. */
export const FAILPOINTS = [
  'create.files',
  'create.defined',
  'start.begun',
  'start.defined',
  'start.paused',
  'start.restored',
  'start.joined',
  'start.launched',
  'start.saved',
  'exec.started',
  'logs.opened',
  'remove.ended',
  'remove.undefined',
  'remove.cleared',
] as const

/** The same while a clone that waited becomes a container: nothing dies there in other starts. */
export const STANDBY_FAILPOINTS = ['standby.taken', 'standby.given', 'standby.woken'] as const

export type Failpoint = (typeof FAILPOINTS)[number] | (typeof STANDBY_FAILPOINTS)[number]

/** Kills the engine, at once and without a word to anybody, where the environment's RAMET_FAILPOINT is this name. For tests. */
export function failpoint(name: Failpoint): void {
  if (process.env['RAMET_FAILPOINT'] === name) process.kill(process.pid, 'SIGKILL')
}
