import { EngineError } from '../../contract/errors.ts'

export interface Monitor {
  monitorCommand(command: string, options?: { hmp?: boolean }): Promise<string>
}

/** Runs a QMP command through libvirt. Rejects with QEMU_ERROR and QEMU's own words. */
export async function qmp<T = unknown>(monitor: Monitor, execute: string, args?: object): Promise<T> {
  const text = await monitor.monitorCommand(JSON.stringify({ execute, arguments: args }))
  const answer = JSON.parse(text) as { return?: T; error?: { class: string; desc: string } }
  if (answer.error) throw new EngineError('QEMU_ERROR', `QEMU refused ${execute}: ${answer.error.desc}`)
  return answer.return as T
}

/** Runs a command of QEMU's human monitor; some things have no other way. Answers what it printed. */
export async function hmp(monitor: Monitor, command: string): Promise<string> {
  return (await monitor.monitorCommand(command, { hmp: true })).trim()
}
