import type { Command } from 'commander'
import { shortId } from '../../contract/names.ts'
import type { StandbyReport, StandbySettings } from '../../contract/ramet.ts'
import { memorySize, parseSize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { ago } from '../format/time.ts'
import { whole } from '../parse/numbers.ts'
import { engine, print } from './common.ts'

interface Flags {
  count?: string
  memory?: string
  reserve?: string
  json?: boolean
}

export function addStandby(program: Command): void {
  program
    .command('standby')
    .description('show the clones that wait for a start, and change how many do')
    .option('--count <n>', 'how many wait, of all templates together; 0: none')
    .option('--memory <size>', 'what they may hold together, for example 192m')
    .option('--reserve <size>', 'none wait while less than this is available on the workstation')
    .option('--json', 'print JSON')
    .action(async (flags: Flags) => {
      const client = await engine()
      const changes = settings(flags)
      const report = Object.values(changes).some((value) => value !== undefined)
        ? (await client.call<StandbyReport>('POST', '/ramet/v1/standby', { body: changes }))!
        : await client.get<StandbyReport>('/ramet/v1/standby')
      print(flags.json ? json(report) : standbyTables(report))
    })
}

function settings({ count, memory, reserve }: Flags): Partial<StandbySettings> {
  return {
    count: whole(count, '--count', 0),
    memoryBytes: memory === undefined ? undefined : parseSize(memory),
    reserveBytes: reserve === undefined ? undefined : parseSize(reserve),
  }
}

export function standbyTables(report: StandbyReport): string {
  const { count, memoryBytes, reserveBytes } = report.settings
  const waiting = report.waiting.map((each) => [
    shortId(each.template),
    each.image,
    memorySize(each.bytes),
    ago(each.since),
  ])
  const reasons = Object.entries(report.missed).map(([reason, misses]) => [reason, String(misses)])
  return [
    table(['WAITING FOR', 'IMAGE', 'HOLDS', 'SINCE'], waiting),
    table(
      ['AT MOST', 'MEMORY', 'RESERVE', 'HITS', 'MISSES', 'UNUSED', 'MEMORY IS'],
      [
        [
          String(count),
          memorySize(memoryBytes),
          memorySize(reserveBytes),
          String(report.hits),
          String(report.misses),
          String(report.dropped),
          report.short ? 'short' : 'enough',
        ],
      ],
    ),
    ...(reasons.length > 0 ? [table(['MISSED BECAUSE', 'STARTS'], reasons)] : []),
  ].join('\n')
}
