import type { Command } from 'commander'
import { shortId } from '../../contract/names.ts'
import type { Lineage } from '../../contract/ramet.ts'
import { json } from '../format/table.ts'
import { engine, print } from './common.ts'

export function addLineage(program: Command): void {
  program
    .command('lineage')
    .description('show which container is a copy of which')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const lineage = await (await engine()).get<Lineage>('/ramet/v1/lineage')
      print(flags.json ? json(lineage) : tree(lineage).join(''))
    })
}

/** Containers below those that they are copies of; a parent that is gone is named all the same. */
export function tree({ containers }: Lineage): string[] {
  const known = new Set(containers.map(({ id }) => id))
  const lines: string[] = []
  const show = (id: string, depth: number): void => {
    const container = containers.find((each) => each.id === id)!
    lines.push(`${'  '.repeat(depth)}${container.name}   ${container.image}   ${container.status}\n`)
    for (const child of containers) if (child.parent?.id === id) show(child.id, depth + 1)
  }
  for (const { id, parent } of containers) if (!parent) show(id, 0)
  const gone = new Map<string, string>()
  for (const { parent } of containers) if (parent && !known.has(parent.id)) gone.set(parent.id, parent.name)
  for (const [id, name] of gone) {
    lines.push(`${name}   (${shortId(id)}, removed)\n`)
    for (const child of containers) if (child.parent?.id === id) show(child.id, 1)
  }
  return lines
}
