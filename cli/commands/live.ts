import type { Command } from 'commander'
import type { ForkResponse, FreezeResponse } from '../../contract/ramet.ts'
import { EngineError } from '../../contract/errors.ts'
import { shortId } from '../../contract/names.ts'
import { json } from '../format/table.ts'
import { parsePorts } from '../parse/ports.ts'
import { interruption, onInterrupt } from '../interrupt.ts'
import { many } from '../parse/many.ts'
import { engine, print } from './common.ts'

export const livePath = (container: string, action: string): string =>
  `/ramet/v1/containers/${encodeURIComponent(container)}/${action}`

/** What is done with containers while they run. */
export function addLive(program: Command): void {
  program
    .command('freeze <container> <image>')
    .description('make an image of a running container, memory and all; it goes on')
    .option('--json', 'print JSON')
    .action(freeze)
  program
    .command('fork <container>')
    .description('start live copies of a running container')
    .option('-n, --count <number>', 'how many', '1')
    .option('--name <name>', 'their name; of several each gets its number behind it')
    .addOption(many('-p, --publish <port>', 'publish a port of each: [[IP:]PORT:]PORT[/udp]'))
    .option('-P, --publish-all', 'publish all exposed ports, each on a free one')
    .option('--rm', 'remove each when it ends')
    .option('--json', 'print JSON')
    .action(fork)
}

async function freeze(container: string, reference: string, flags: { json?: boolean }): Promise<void> {
  const client = await engine()
  const frozen = (await client.call<FreezeResponse>('POST', livePath(container, 'freeze'), {
    body: { reference },
  }))!
  print(flags.json ? json(frozen) : `${frozen.image}\n`)
}

interface ForkFlags {
  count: string
  name?: string
  publish: string[]
  publishAll?: boolean
  rm?: boolean
  json?: boolean
}

async function fork(container: string, flags: ForkFlags): Promise<void> {
  const count = Number(flags.count)
  if (!Number.isInteger(count) || count < 1)
    throw new EngineError(
      'INVALID_ARGUMENT',
      `'--count ${flags.count}' cannot be used: write a whole number from 1 on`,
    )
  const client = await engine()
  const forking = client.call<ForkResponse>('POST', livePath(container, 'fork'), {
    body: {
      count,
      name: flags.name,
      ports: parsePorts(flags.publish).bindings,
      publishAll: flags.publishAll ?? false,
      autoRemove: flags.rm ?? false,
    },
  })
  const forget = onInterrupt(async () => {
    const made = (await forking)!.containers
    await Promise.all(made.map(({ Id }) => client.call('DELETE', `/containers/${Id}`, { query: { force: true } }))) // prettier-ignore
  })
  const forked = (await forking)!
  interruption.throwIfAborted()
  forget()
  if (flags.json) return print(json(forked))
  for (const { Id, Name } of forked.containers) print(`${shortId(Id)}   ${Name}\n`)
}
