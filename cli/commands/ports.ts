import type { Command } from 'commander'
import type { ContainerInspect, PortMap } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'
import { pathOf } from '../../contract/names.ts'
import { json } from '../format/table.ts'
import { parsePorts } from '../parse/ports.ts'
import { livePath } from './live.ts'
import { engine, print } from './common.ts'

export function addPorts(program: Command): void {
  const group = program.command('port').description('ports that containers publish').helpCommand(false)
  group
    .command('ls <container>', { isDefault: true })
    .description('list what a container publishes now')
    .option('--json', 'print JSON')
    .action(async (container: string, flags: { json?: boolean }) => {
      const client = await engine()
      const { NetworkSettings } = await client.get<ContainerInspect>(`/containers/${pathOf(container)}/json`)
      print(flags.json ? json(NetworkSettings.Ports) : lines(NetworkSettings.Ports))
    })
  group
    .command('add <container> <ports...>')
    .description(
      'publish ports besides, as run -p does: [[ADDRESS:]HOST_PORT:]PORT[/udp]; at once where it runs',
    )
    .action(async (container: string, specs: string[]) => {
      const body = { PortBindings: parsePorts(specs).bindings }
      const client = await engine()
      print(lines((await client.call<PortMap>('POST', livePath(container, 'ports'), { body }))!))
    })
  group
    .command('remove <container> <ports...>')
    .alias('rm')
    .description('publish ports no longer; without a host port everywhere that they are published')
    .action(remove)
}

async function remove(container: string, specs: string[]): Promise<void> {
  const client = await engine()
  let left: PortMap = {}
  for (const { port, HostIp, HostPort } of named(specs)) {
    const query = { port, hostIp: HostIp || undefined, hostPort: HostPort || undefined }
    left = (await client.call<PortMap>('DELETE', livePath(container, 'ports'), { query }))!
  }
  print(lines(left))
}

function named(specs: string[]): { port: string; HostIp?: string; HostPort?: string }[] {
  return Object.entries(parsePorts(specs).bindings).flatMap(([port, bindings]) =>
    (bindings ?? []).map((binding) => {
      if (!binding.HostPort?.includes('-')) return { port, ...binding }
      throw new EngineError('INVALID_ARGUMENT', `'${binding.HostPort}:${port}' is not one port; name each`)
    }),
  )
}

/** As docker's own command prints them. */
function lines(ports: PortMap): string {
  return Object.entries(ports)
    .flatMap(([port, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => `${port} -> ${HostIp}:${HostPort}\n`),
    )
    .join('')
}
