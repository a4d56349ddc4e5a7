import type { Activity } from '../../../contract/ramet.ts'
import { toolOutput } from '../../guest/tool.ts'
import type { Container } from '../containers/container.ts'

/** What happened in a running container: files that changed since `sinceNs` (Unix ns), processes, open ports. */
export async function activity(container: Container, sinceNs: bigint): Promise<Activity> {
  const agent = container.agent()
  const texts = async (argv: string[]): Promise<string[]> =>
    (await toolOutput(agent, argv)).toString().split('\0').slice(0, -1)
  const [files, rows, ports] = await Promise.all([
    texts(['changes', `since=${sinceNs}`]),
    texts(['processes']),
    texts(['ports']),
  ])
  const processes = Array.from({ length: rows.length / FIELDS }, (_, at) =>
    rows.slice(at * FIELDS, (at + 1) * FIELDS),
  )
  return {
    files: files.map((text) => ({ kind: text.slice(0, 1), path: text.slice(1) })),
    processes: processes.map((row) => ({ pid: Number(row[0]), command: row[FIELDS - 1]! })),
    ports: [...new Set(ports)],
  }
}

/** Texts that the tool `processes` prints for each; the first is the pid, the last the command line. */
const FIELDS = 12
