import { readdir, readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ContainerSummary } from '../../contract/docker.ts'
import { qemuProcesses, type TestEngine } from './engine.ts'

/** What there is of an engine's containers, each counted where it lies: what belongs together must be equally many. */
export interface Census {
  /** What the API lists. */
  records: number
  /** libvirt's definitions. */
  domains: number
  disks: number
  logs: number
  /** Records that say that they run. */
  running: number
  /** QEMU's processes. */
  processes: number
  /** Agent links. */
  sockets: number
  /** What the engine left of work that was under way. */
  leftovers: string[]
}

export async function census(engine: TestEngine): Promise<Census> {
  const { home } = engine
  const rows = JSON.parse((await engine.get('/containers/json?all=1')).body) as ContainerSummary[]
  const disks = await entries(join(home, 'data/containers'))
  const sockets = await entries(join(home, 'run/vm'))
  return {
    records: rows.length,
    domains: await domains(home),
    disks: disks.length,
    logs: (await entries(join(home, 'state/containers'))).length,
    running: rows.filter(({ State }) => State === 'running').length,
    processes: (await qemuProcesses(home)).length,
    sockets: sockets.filter((name) => name.endsWith('.agent')).length,
    leftovers: [
      ...withoutVm(sockets),
      ...(await entries(join(home, 'data/images/work'))),
      ...(await entries(join(home, 'data/templates'))).filter((name) => name.startsWith('.')),
    ],
  }
}

/** Of what lies beside the agent links: no VM has more than one of each. */
function withoutVm(names: string[]): string[] {
  const [agents, ports, states] = ['.agent', '.guard', '.guard.state'].map((end) =>
    names.filter((name) => name.endsWith(end)),
  ) as [string[], string[], string[]]
  const guards = [ports, states].flatMap((each) => (each.length > agents.length ? each : []))
  const known = new Set([...agents, ...ports, ...states])
  return [...names.filter((name) => !known.has(name)), ...guards]
}

/** Undefined where all that belongs together is there equally often; else what there is. */
export async function disagreement(engine: TestEngine): Promise<Census | undefined> {
  const found = await census(engine)
  const { records, domains, disks, logs, running, processes, sockets, leftovers } = found
  const stored = [domains, disks, logs].every((count) => count === records)
  return stored && processes === running && sockets === running && leftovers.length === 0 ? undefined : found
}

/** Definitions of the embedded driver, which lie in the engine's home, or of the user's session. */
async function domains(home: string): Promise<number> {
  const folders = [join(home, 'data/libvirt/etc/qemu'), join(homedir(), '.config/libvirt/qemu')]
  let count = 0
  for (const folder of folders) {
    for (const name of (await entries(folder)).filter((each) => each.endsWith('.xml'))) {
      if ((await readFile(join(folder, name), 'utf8').catch(() => '')).includes(home)) count++
    }
  }
  return count
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])
