import { readFile } from 'node:fs/promises'

/** Host memory of one VM's process, in bytes, from `/proc/<pid>/smaps` (proc(5)). */
export interface VmMemory {
  /** Guest RAM that this process alone holds. */
  privateBytes: number
  /** Resident pages of the template's RAM file that it maps and has not copied. */
  sharedBytes: number
  /** Resident pages of the image that it maps. */
  imageBytes: number
  /** The rest, pages shared with other processes counted by their share. */
  overheadBytes: number
  /** What of the rest this process alone holds, whatever else runs. */
  overheadPrivateBytes: number
  /** Of that, the guest's code as QEMU translated it; nothing under KVM. */
  translatedBytes: number
}

interface Mapping {
  path: string
  executable: boolean
  bytes: number
  rss: number
  pss: number
  anonymous: number
}

export interface MemoryLayout {
  /** The template's RAM file; absent where the VM booted cold, on anonymous memory. */
  ramFile?: string
  memoryBytes: number
  imageFile: string
}

/** What a process holds and shares with no other and no file, in bytes, as the kernel counts it along (proc(5)): cheap. */
export async function readAnonymousBytes(pid: number): Promise<number> {
  const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib ?? 0) * 1024
}

export async function readVmMemory(pid: number, layout: MemoryLayout): Promise<VmMemory> {
  return sumMappings(await readFile(`/proc/${pid}/smaps`, 'utf8'), layout)
}

export function sumMappings(smaps: string, layout: MemoryLayout): VmMemory {
  const memory = {
    privateBytes: 0,
    sharedBytes: 0,
    imageBytes: 0,
    overheadBytes: 0,
    overheadPrivateBytes: 0,
    translatedBytes: 0,
  }
  for (const mapping of parseSmaps(smaps)) {
    if (mapping.path === layout.imageFile) memory.imageBytes += mapping.rss
    else if (isRam(mapping, layout)) {
      // A file's page that one process alone maps counts as Private_*: only Anonymous tells a copy from the original.
      memory.privateBytes += mapping.anonymous
      memory.sharedBytes += mapping.rss - mapping.anonymous
    } else {
      memory.overheadBytes += mapping.pss
      memory.overheadPrivateBytes += mapping.anonymous
      if (mapping.executable && mapping.path === '') memory.translatedBytes += mapping.anonymous
    }
  }
  return memory
}

function isRam(mapping: Mapping, layout: MemoryLayout): boolean {
  if (layout.ramFile) return mapping.path === layout.ramFile
  // What QEMU translates under software emulation lies in such a mapping too, of 1 GiB.
  return mapping.path === '' && !mapping.executable && mapping.bytes >= layout.memoryBytes
}

function parseSmaps(text: string): Mapping[] {
  const mappings: Mapping[] = []
  let current: Mapping | undefined
  for (const line of text.split('\n')) {
    const head = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \d+\s*(.*)$/.exec(line)
    if (head) {
      // The kernel escapes line feeds in paths as \012 and marks what was removed since.
      const path = head[2]!.replaceAll('\\012', '\n').replace(/ \(deleted\)$/, '')
      current = { path, executable: head[1]!.includes('x'), bytes: 0, rss: 0, pss: 0, anonymous: 0 }
      mappings.push(current)
      continue
    }
    const field = /^(Size|Rss|Pss|Anonymous):\s+(\d+) kB$/.exec(line)
    if (!field || !current) continue
    const bytes = Number(field[2]) * 1024
    if (field[1] === 'Size') current.bytes = bytes
    else if (field[1] === 'Rss') current.rss = bytes
    else if (field[1] === 'Pss') current.pss = bytes
    else current.anonymous = bytes
  }
  return mappings
}
