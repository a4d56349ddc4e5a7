import type { Command } from 'commander'
import type { ContainerUpdateRequest, ContainerUpdateResponse } from '../../contract/docker.ts'
import type { RateRequest } from '../../contract/ramet-networks.ts'
import { restartPolicy } from '../parse/create-request.ts'
import { addLimitFlags, limits, type LimitFlags } from '../parse/limit-flags.ts'
import { complain, each, engine } from './common.ts'
import { livePath } from './live.ts'

interface UpdateFlags extends LimitFlags {
  restart?: string
  netRate?: string
}

export function addUpdate(program: Command): void {
  addLimitFlags(program.command('update <containers...>'))
    .description('change the limits and the restart policy of containers, of running ones at once')
    .option('--restart <policy>', 'no, always, unless-stopped, on-failure[:TIMES]')
    .option('--net-rate <rate>', 'bits a second that it may send, and get, as 20mbit; none for no bound')
    .action(update)
}

async function update(names: string[], { restart, netRate, ...flags }: UpdateFlags): Promise<void> {
  const body: ContainerUpdateRequest = limits(flags)
  if (restart !== undefined) body.RestartPolicy = restartPolicy(restart)
  const client = await engine()
  await each(names, async (name) => {
    if (netRate !== undefined) {
      const rate = netRate === 'none' ? '' : netRate
      await client.call('POST', livePath(name, 'rate'), { body: { rate } satisfies RateRequest })
      if (Object.keys(body).length === 0) return name
    }
    const path = `/containers/${encodeURIComponent(name)}/update`
    const answer = (await client.call<ContainerUpdateResponse>('POST', path, { body }))!
    for (const warning of answer.Warnings) complain(warning)
    return name
  })
}
