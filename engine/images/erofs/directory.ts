import type { Node } from '../layers/tree.ts'
import { BLOCK_SIZE, DIRENT_SIZE, FILE_TYPE } from './format.ts'

/** Names in the order in which the kernel searches them: by bytes, `.` and `..` among them. */
export function sortedNames(folder: Node): string[] {
  return ['.', '..', ...folder.children!.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Length in bytes: every block but the last is full. */
export function directorySize(names: string[]): number {
  let blocks = 0
  let used = 0
  for (const name of names) {
    const entry = DIRENT_SIZE + name.length
    if (used + entry > BLOCK_SIZE) {
      blocks++
      used = 0
    }
    used += entry
  }
  return blocks * BLOCK_SIZE + used
}

/** The directory's contents. Each block holds its entries first and then their names. */
export function encodeDirectory(folder: Node, parent: Node, names: string[], size: number): Buffer {
  const data = Buffer.alloc(size)
  const find = (name: string): Node =>
    name === '.' ? folder : name === '..' ? parent : folder.children!.get(name)!
  for (let first = 0, start = 0; first < names.length; start += BLOCK_SIZE) {
    let next = first
    for (let used = 0; next < names.length; next++) {
      used += DIRENT_SIZE + names[next]!.length
      if (used > BLOCK_SIZE) break
    }
    let nameAt = (next - first) * DIRENT_SIZE
    for (let i = first; i < next; i++) {
      const name = names[i]!
      const node = find(name)
      const at = start + (i - first) * DIRENT_SIZE
      data.writeBigUInt64LE(BigInt(node.nid), at)
      data.writeUInt16LE(nameAt, at + 8)
      data[at + 10] = FILE_TYPE[node.kind]
      data.write(name, start + nameAt, 'latin1')
      nameAt += name.length
    }
    first = next
  }
  return data
}
