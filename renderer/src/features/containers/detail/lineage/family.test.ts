import { expect, test } from 'vitest'
import type { Lineage } from '../../../../../../contract/ramet.ts'
import { familyOf, type Kin } from './family.ts'

const container = (id: string, more: Partial<Lineage['containers'][0]> = {}): Lineage['containers'][0] => ({
  id,
  name: `name-${id}`,
  image: 'postgres',
  status: 'running',
  template: 't0',
  ...more,
})
const from = (id: string, template: string) => ({ parent: { id, name: `name-${id}`, template }, template })
const template = (id: string, kind: Lineage['templates'][0]['kind'], of?: string, name?: string) => ({
  id,
  kind,
  image: 'postgres',
  createdAt: '2026-01-01T00:00:00Z',
  ...(of && { parent: 't0', container: { id: of, name: `name-${of}` } }),
  ...(name && { name }),
})

/** The tree as text. */
const drawn = (kin: Kin, indent = ''): string[] => [
  `${indent}${kin.kind} ${kin.name}${kin.from ? ` (${kin.from})` : ''}${kin.here ? ' *' : ''}`,
  ...kin.children.flatMap((child) => drawn(child, `${indent}  `)),
  ...(kin.more ? [`${indent}  +${kin.more}`] : []),
]

const lineage: Lineage = {
  templates: [
    template('t0', 'image'),
    template('f1', 'fork', 'db'),
    template('c1', 'checkpoint', 'db', 'before'),
    template('w1', 'warm', 'db'),
    template('f2', 'fork', 'kid'),
  ],
  containers: [
    container('db'),
    container('other'),
    container('kid', from('db', 'f1')),
    container('twin', from('db', 'f1')),
    container('grandkid', from('kid', 'f2')),
    container('stranger', { template: 't9' }),
  ],
}

test('from the image down to what came of it, wherever one looks from', () => {
  const tree = (here: string): string[] =>
    [
      'image postgres',
      '  template t0',
      '    container name-db',
      '      checkpoint before',
      '      warm postgres',
      '      container name-kid (fork)',
      '        container name-grandkid (fork)',
      '      container name-twin (fork)',
      '    container name-other',
    ].map((line) => (line.includes(`name-${here}`) && !line.includes(`name-${here}k`) ? `${line} *` : line))
  for (const here of ['db', 'kid', 'grandkid', 'twin']) {
    expect(drawn(familyOf(lineage, here)!)).toEqual(tree(here))
  }
  expect(familyOf(lineage, 'nobody')).toBeUndefined()
})

test('a parent that is gone is named all the same', () => {
  const containers = lineage.containers.filter(({ id }) => id !== 'db')
  expect(drawn(familyOf({ ...lineage, containers }, 'grandkid')!)).toEqual([
    'image postgres',
    '  template t0',
    '    gone name-db',
    '      container name-kid (fork)',
    '        container name-grandkid (fork) *',
    '      container name-twin (fork)',
  ])
})

test('of many clones some are shown, itself among them; one that booted cold has no template', () => {
  const many = Array.from({ length: 100 }, (_, at) => container(`c${at}`))
  const tree = drawn(familyOf({ templates: [template('t0', 'image')], containers: many }, 'c77')!)
  expect(tree).toHaveLength(11)
  expect(tree).toContain('    container name-c77 *')
  expect(tree.at(-1)).toBe('    +92')
  const cold = {
    templates: [],
    containers: [container('a', { template: '' }), container('b', { template: '' })],
  }
  expect(drawn(familyOf(cold, 'b')!)).toEqual(['image postgres', '  container name-b *'])
})
