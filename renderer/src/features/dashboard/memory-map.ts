import { ownBytes } from '../../../../contract/own-memory.ts'
import type { ContainerMemory, MemoryReport } from '../../../../contract/ramet.ts'

export interface Area {
  key: string
  kind: 'shared' | 'image' | 'private' | 'overhead'
  name: string
  bytes: number
  /** The container it belongs to; absent for what is shared. */
  container?: string
  x: number
  y: number
  width: number
  height: number
}

interface Group {
  image: string
  shared: Area[]
  containers: ContainerMemory[]
  bytes: number
}

/**
 * Areas true to size on a plane of `width` and `height`. Side by side the images; of each at the bottom what is shared,
 * drawn once, and on top of it what each container has for itself.
 */
export function memoryMap(report: MemoryReport, width: number, height: number): Area[] {
  const groups = groupsOf(report).filter(({ bytes }) => bytes > 0)
  const total = sum(groups.map(({ bytes }) => bytes))
  if (total === 0) return []
  let x = 0
  return groups.flatMap((group) => {
    const wide = (group.bytes / total) * width
    const at = x
    x += wide
    const sharedBytes = sum(group.shared.map(({ bytes }) => bytes))
    const base = (sharedBytes / group.bytes) * height
    return [
      ...row(group.shared, { x: at, y: height - base, width: wide, height: base }),
      ...tiles(group.containers, { x: at, y: 0, width: wide, height: height - base }),
    ]
  })
}

/** By image: what of it and of its templates is resident, and the containers on them. */
export function groupsOf(report: MemoryReport): Group[] {
  const groups = new Map<string, Group>()
  const nameOf = new Map(report.images.map(({ id, image }) => [id, image]))
  for (const container of report.containers) {
    const id = container.imageId
    let group = groups.get(id)
    if (!group)
      groups.set(id, (group = { image: nameOf.get(id) ?? id, shared: [], containers: [], bytes: 0 }))
    group.containers.push(container)
    group.bytes += ownBytes(container)
  }
  for (const { id, image, residentBytes } of report.images) {
    add(groups.get(id), { key: `image ${id}`, kind: 'image', name: image, bytes: residentBytes })
  }
  for (const { id, image, residentBytes, clones } of report.templates) {
    if (clones === 0) continue
    const owner = [...groups.values()].find(({ containers }) =>
      containers.some(({ template }) => template === id),
    )
    add(owner, { key: `template ${id}`, kind: 'shared', name: image, bytes: residentBytes })
  }
  return [...groups.values()].sort((one, other) => other.bytes - one.bytes)
}

function add(group: Group | undefined, area: Omit<Area, 'x' | 'y' | 'width' | 'height'>): void {
  if (!group || area.bytes === 0) return
  group.shared.push({ ...area, x: 0, y: 0, width: 0, height: 0 })
  group.bytes += area.bytes
}

interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Beside each other, each as wide as it is big. */
function row(areas: Area[], box: Box): Area[] {
  const total = sum(areas.map(({ bytes }) => bytes))
  let { x } = box
  return areas.map((area) => {
    const width = total === 0 ? 0 : (area.bytes / total) * box.width
    const placed = { ...area, ...box, x, width }
    x += width
    return placed
  })
}

/** Containers in rows that are about as high as their pieces are wide. */
function tiles(containers: ContainerMemory[], box: Box): Area[] {
  if (containers.length === 0 || box.height <= 0 || box.width <= 0) return []
  const lines = Math.max(1, Math.round(Math.sqrt((containers.length * box.height) / box.width)))
  const perLine = Math.ceil(containers.length / lines)
  const total = sum(containers.map(ownBytes))
  let { y } = box
  const areas: Area[] = []
  for (let at = 0; at < containers.length; at += perLine) {
    const line = containers.slice(at, at + perLine)
    const lineBytes = sum(line.map(ownBytes))
    const height = total === 0 ? 0 : (lineBytes / total) * box.height
    let { x } = box
    for (const container of line) {
      const width = lineBytes === 0 ? 0 : (ownBytes(container) / lineBytes) * box.width
      areas.push(...parts(container, { x, y, width, height }))
      x += width
    }
    y += height
  }
  return areas
}

function parts(container: ContainerMemory, box: Box): Area[] {
  const { id, name, privateBytes, overheadBytes } = container
  const share = ownBytes(container) === 0 ? 0 : privateBytes / ownBytes(container)
  const height = box.height * (1 - share)
  return [
    { key: `overhead ${id}`, kind: 'overhead', name, bytes: overheadBytes, container: id, ...box, height },
    {
      key: `private ${id}`,
      kind: 'private',
      name,
      bytes: privateBytes,
      container: id,
      ...box,
      y: box.y + height,
      height: box.height * share,
    },
  ]
}

/** How many more containers fit that hold as much as these do on average. */
export function moreFit(report: MemoryReport, containers: readonly ContainerMemory[]): number | undefined {
  if (containers.length === 0) return undefined
  const each = sum(containers.map(ownBytes)) / containers.length
  return each === 0 ? undefined : Math.floor(report.host.roomBytes / each)
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
