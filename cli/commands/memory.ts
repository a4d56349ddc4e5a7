import type { Command } from 'commander'
import { shortId } from '../../contract/names.ts'
import type { MemoryReport } from '../../contract/ramet.ts'
import { memorySize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { engine, print } from './common.ts'

export function addMemory(program: Command): void {
  program
    .command('memory')
    .description('show what containers hold on their own, what they share, and what that saves')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const report = await (await engine()).get<MemoryReport>('/ramet/v1/memory')
      print(flags.json ? json(report) : memoryTables(report))
    })
}

export function memoryTables({ containers, templates, standby, totals }: MemoryReport): string {
  const containerRows = containers.map((row) => [
    row.name,
    shortId(row.template) || '-',
    memorySize(row.privateBytes),
    memorySize(row.sharedBytes),
    memorySize(row.imageBytes),
    memorySize(row.overheadBytes),
  ])
  const templateRows = templates.map((row) => [
    shortId(row.id),
    row.image,
    memorySize(row.residentBytes),
    memorySize(row.allocatedBytes),
    String(row.clones),
  ])
  return [
    table(['CONTAINER', 'TEMPLATE', 'PRIVATE', 'SHARED', 'IMAGE', 'OVERHEAD'], containerRows),
    table(['TEMPLATE', 'IMAGE', 'RESIDENT', 'ON DISK', 'CLONES'], templateRows),
    ...(standby.clones > 0
      ? [table(['WAITING CLONES', 'HOLD'], [[String(standby.clones), memorySize(standby.ownBytes)]])]
      : []),
    table(
      ['ACTUAL', 'WITHOUT SHARING', 'SAVED'],
      [
        [
          memorySize(totals.actualBytes),
          memorySize(totals.withoutSharingBytes),
          memorySize(totals.savedBytes),
        ],
      ],
    ),
  ].join('\n')
}
