import type { Command } from 'commander'
import type { ContainerUpdateRequest, ContainerUpdateResponse } from '../../contract/docker.ts'
import { restartPolicy } from '../parse/create-request.ts'
import { addLimitFlags, limits, type LimitFlags } from '../parse/limit-flags.ts'
import { complain, each, engine } from './common.ts'

interface UpdateFlags extends LimitFlags {
  restart?: string
}

export function addUpdate(program: Command): void {
  addLimitFlags(program.command('update <containers...>'))
    .description('change the limits and the restart policy of containers, of running ones at once')
    .option('--restart <policy>', 'no, always, unless-stopped, on-failure[:TIMES]')
    .action(update)
}

async function update(names: string[], { restart, ...flags }: UpdateFlags): Promise<void> {
  const body: ContainerUpdateRequest = limits(flags)
  if (restart !== undefined) body.RestartPolicy = restartPolicy(restart)
  const client = await engine()
  await each(names, async (name) => {
    const path = `/containers/${encodeURIComponent(name)}/update`
    const answer = (await client.call<ContainerUpdateResponse>('POST', path, { body }))!
    for (const warning of answer.Warnings) complain(warning)
    return name
  })
}
