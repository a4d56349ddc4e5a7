import { createHash } from 'node:crypto'
import type { FileSink } from '../layers/apply.ts'
import type { Node, Tree } from '../layers/tree.ts'
import { invalidTar } from '../tar/invalid.ts'
import { crc32c } from './crc32c.ts'
import { directorySize, encodeDirectory, sortedNames } from './directory.ts'
import {
  alignUp,
  BLOCK_BITS,
  BLOCK_SIZE,
  blocksOf,
  COMPAT_MTIME,
  COMPAT_SB_CHECKSUM,
  FILE_ALIGN,
  FORMAT_INLINE,
  FORMAT_PLAIN,
  INODE_SIZE,
  MODE_TYPE,
  SLOT_SIZE,
  SUPER_MAGIC,
  SUPER_OFFSET,
} from './format.ts'
import type { Output } from './output.ts'
import { xattrCount } from './xattr.ts'

/** Guests map the whole file into their address space. */
const MAX_IMAGE_BYTES = 128 * 1024 ** 3
/** Slot 0 is left free, so that no inode has the number 0. */
const FIRST_SLOT = SLOT_SIZE * 4

interface Placed {
  node: Node
  parent: Node
  /** Sorted names of a directory. */
  names: string[] | undefined
  /** Length of a directory or link target in bytes; the node's own for files. */
  size: number
  /** Bytes that stand right behind the inode. */
  inline: number
  /** First block of what is not inline. */
  block: number
}

/**
 * Writes an erofs image: contents first, in the order in which they come, then the metadata, the superblock last.
 * Regular files are always whole blocks, never inline and never compressed: else the kernel gives up DAX for them.
 */
export class ErofsImage implements FileSink {
  readonly #output: Output
  /** Block 0 holds the superblock. */
  #nextBlock = 1
  #freed: { block: number; blocks: number }[] = []

  constructor(output: Output) {
    this.#output = output
  }

  allocate(bytes: number): number {
    const block = this.#nextBlock
    this.#nextBlock += blocksOf(bytes)
    if (this.#nextBlock * BLOCK_SIZE > MAX_IMAGE_BYTES) {
      invalidTar(`its files need more than ${MAX_IMAGE_BYTES} bytes`)
    }
    return bytes === 0 ? 0 : block
  }

  write(block: number, offset: number, chunk: Buffer): void {
    this.#output.write(block * BLOCK_SIZE + offset, chunk)
  }

  /** Gives up a file's contents: they are not to be found in the image. */
  free(file: Node): void {
    if (file.size > 0) this.#freed.push({ block: file.block, blocks: blocksOf(file.size) })
  }

  /** Writes the metadata; returns the file's length in bytes. `seed` makes the file system's UUID. */
  finish(tree: Tree, seed: string): number {
    this.#output.clear(this.#freed)
    const { placed, metaBytes } = this.#place(tree.root)
    const metaBlock = this.#nextBlock
    const meta = metaBlock * BLOCK_SIZE
    for (const each of placed) this.#writeBlocks(each)
    placed.forEach((each, index) => this.#writeInode(each, meta, index + 1))
    const blocks = metaBlock + blocksOf(metaBytes)
    this.#writeSuper({ root: tree.root, inodes: placed.length, metaBlock, blocks, seed })
    const bytes = alignUp(blocks * BLOCK_SIZE, FILE_ALIGN)
    this.#output.finish(bytes)
    return bytes
  }

  /** Gives every inode its place, folder by folder, so that what is listed together lies together. */
  #place(root: Node): { placed: Placed[]; metaBytes: number } {
    const placed: Placed[] = []
    let at = FIRST_SLOT
    const add = (node: Node, parent: Node): void => {
      const each = this.#measure(node, parent)
      const fixed = INODE_SIZE + (node.xattrs?.length ?? 0)
      const kept = each.inline > 0 ? fixed + each.inline : INODE_SIZE
      // Neither an inode nor what stands inline behind it may cross into the next block.
      if ((at % BLOCK_SIZE) + kept > BLOCK_SIZE) at = alignUp(at, BLOCK_SIZE)
      node.nid = at / SLOT_SIZE
      at = alignUp(at + fixed + each.inline, SLOT_SIZE)
      placed.push(each)
    }
    add(root, root)
    for (let next = 0; next < placed.length; next++) {
      const { node, names } = placed[next]!
      for (const name of names ?? []) {
        const child = name === '.' || name === '..' ? undefined : node.children!.get(name)!
        if (child && child.nid < 0) add(child, node)
      }
    }
    return { placed, metaBytes: at }
  }

  #measure(node: Node, parent: Node): Placed {
    const names = node.children ? sortedNames(node) : undefined
    const size = names ? directorySize(names) : node.kind === 'symlink' ? node.target.length : node.size
    const each: Placed = { node, parent, names, size, inline: 0, block: node.block }
    if (!names && node.kind !== 'symlink') return each
    const tail = size % BLOCK_SIZE
    const fits = tail > 0 && INODE_SIZE + (node.xattrs?.length ?? 0) + tail <= BLOCK_SIZE
    each.inline = fits ? tail : 0
    const blocks = fits ? Math.floor(size / BLOCK_SIZE) : blocksOf(size)
    each.block = blocks > 0 ? this.#nextBlock : 0
    this.#nextBlock += blocks
    return each
  }

  #content({ node, parent, names, size }: Placed): Buffer {
    return names ? encodeDirectory(node, parent, names, size) : Buffer.from(node.target, 'latin1')
  }

  #writeBlocks(each: Placed): void {
    if (each.node.kind === 'file' || each.block === 0) return
    this.write(each.block, 0, this.#content(each).subarray(0, each.size - each.inline))
  }

  #writeInode(each: Placed, meta: number, number: number): void {
    const { node, size, inline } = each
    const xattrs = node.xattrs ?? Buffer.alloc(0)
    const inode = Buffer.alloc(INODE_SIZE)
    inode.writeUInt16LE(inline > 0 ? FORMAT_INLINE : FORMAT_PLAIN, 0)
    inode.writeUInt16LE(xattrCount(xattrs.length), 2)
    inode.writeUInt16LE(MODE_TYPE[node.kind] | node.mode, 4)
    inode.writeBigUInt64LE(BigInt(size), 8)
    inode.writeUInt32LE(isDevice(node) ? deviceNumber(node) : each.block, 16)
    inode.writeUInt32LE(number, 20)
    inode.writeUInt32LE(node.uid, 24)
    inode.writeUInt32LE(node.gid, 28)
    inode.writeBigInt64LE(BigInt(node.mtime), 32)
    inode.writeUInt32LE(node.mtimeNs, 40)
    inode.writeUInt32LE(node.children ? 2 + subfolders(node) : node.links, 44)
    const parts = [inode, xattrs]
    if (inline > 0) parts.push(this.#content(each).subarray(size - inline))
    this.#output.write(meta + node.nid * SLOT_SIZE, Buffer.concat(parts))
  }

  #writeSuper(image: { root: Node; inodes: number; metaBlock: number; blocks: number; seed: string }): void {
    const block = Buffer.alloc(BLOCK_SIZE)
    const at = SUPER_OFFSET
    block.writeUInt32LE(SUPER_MAGIC, at)
    block.writeUInt32LE(COMPAT_SB_CHECKSUM | COMPAT_MTIME, at + 8)
    block[at + 12] = BLOCK_BITS
    block.writeUInt16LE(image.root.nid, at + 14)
    block.writeBigUInt64LE(BigInt(image.inodes), at + 16)
    block.writeUInt32LE(image.blocks, at + 36)
    block.writeUInt32LE(image.metaBlock, at + 40)
    uuidOf(image.seed).copy(block, at + 48)
    block.writeUInt32LE(crc32c(block.subarray(at)), at + 4)
    this.#output.write(0, block)
  }
}

const isDevice = (node: Node): boolean => node.kind === 'char' || node.kind === 'block'

/** The kernel's 32-bit encoding: 12 bits of major between the low 8 and the high 12 of minor. */
const deviceNumber = ({ major, minor }: Node): number =>
  ((minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12)) >>> 0

function subfolders(folder: Node): number {
  let count = 0
  for (const child of folder.children!.values()) if (child.children) count++
  return count
}

/** A UUID made from a text, marked as such (version 8). */
function uuidOf(seed: string): Buffer {
  const uuid = createHash('sha256').update(seed).digest().subarray(0, 16)
  uuid[6] = (uuid[6]! & 0x0f) | 0x80
  uuid[8] = (uuid[8]! & 0x3f) | 0x80
  return uuid
}
