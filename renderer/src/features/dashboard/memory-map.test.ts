import { expect, test } from 'vitest'
import type { MemoryReport } from '../../../../contract/ramet.ts'
import { groupsOf, memoryMap, moreFit } from './memory-map.ts'

const container = (id: string, imageId: string, template: string, privateBytes: number) => ({
  id,
  name: id,
  imageId,
  template,
  privateBytes,
  overheadBytes: 10,
  sharedBytes: 50,
  imageBytes: 20,
})
const report: MemoryReport = {
  containers: [container('a', 'i1', 't1', 30), container('b', 'i1', 't1', 10), container('c', 'i2', '', 200)],
  templates: [
    { id: 't1', image: 'web', residentBytes: 100, allocatedBytes: 0, clones: 2 },
    { id: 't9', image: 'unused', residentBytes: 999, allocatedBytes: 0, clones: 0 },
  ],
  images: [
    { id: 'i1', image: 'web', residentBytes: 40 },
    { id: 'i2', image: 'db', residentBytes: 0 },
  ],
  host: { totalBytes: 10_000, availableBytes: 1_200, roomBytes: 1_000 },
  totals: { actualBytes: 410, withoutSharingBytes: 900, savedBytes: 490 },
}

test('every area is as big as what it stands for, and what is shared is drawn once', () => {
  const areas = memoryMap(report, 100, 50)
  const bytes = areas.reduce((sum, each) => sum + each.bytes, 0)
  expect(bytes).toBe(410)
  for (const { width, height, bytes: held } of areas)
    expect((width * height) / 5000).toBeCloseTo(held / 410, 6)
  expect(areas.filter(({ kind }) => kind === 'shared')).toHaveLength(1)
  for (const { x, y, width, height } of areas) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(100.0001)
    expect(y + height).toBeLessThanOrEqual(50.0001)
  }
})

test('shared parts lie below the containers that stand on them', () => {
  const areas = memoryMap(report, 100, 50)
  const shared = areas.find(({ kind }) => kind === 'shared')!
  const clone = areas.find(({ key }) => key === 'private a')!
  expect(clone.y + clone.height).toBeLessThanOrEqual(shared.y + 0.0001)
})

test('images without running containers take no place', () => {
  expect(groupsOf(report).map(({ image, bytes }) => [image, bytes])).toEqual([
    ['db', 210],
    ['web', 200],
  ])
  expect(memoryMap({ ...report, containers: [], templates: [], images: [] }, 100, 50)).toEqual([])
})

test('how many more would fit', () => {
  expect(moreFit(report, report.containers.slice(0, 2))).toBe(33)
  expect(moreFit(report, [])).toBeUndefined()
})
