import type { TarEntry, TarHandler } from '../tar/entry.ts'
import { invalidTar, printable } from '../tar/invalid.ts'
import { encodeXattrs } from '../erofs/xattr.ts'
import { Node, type Tree } from './tree.ts'

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
/** Leftovers of aufs; Docker skips them too. */
const META = '.wh..wh.'

/** Where the contents of regular files go. */
export interface FileSink {
  /** Takes room for a file of this many bytes; returns its first block. */
  allocate(bytes: number): number
  /** Writes at an offset within the file that begins at `block`. */
  write(block: number, offset: number, chunk: Buffer): void
}

/**
 * Applies the entries of a layer to the tree with Docker's rules. Escaping names are refused with IMAGE_INVALID;
 * devices, owners and the like are only ever data.
 */
export class LayerApplier implements TarHandler {
  readonly #tree: Tree
  readonly #sink: FileSink
  #file: Node | undefined

  constructor(tree: Tree, sink: FileSink) {
    this.#tree = tree
    this.#sink = sink
  }

  entry(entry: TarEntry): void {
    const parts = cleanPath(entry.path)
    const name = parts.pop()
    if (name === undefined) {
      if (entry.type !== 'directory')
        invalidTar(`an entry would replace the root folder with a ${entry.type}`)
      this.#setAttributes(this.#tree.root, entry)
      return
    }
    if (parts.some((part) => part.startsWith(META))) return
    if (name.startsWith(WHITEOUT)) {
      this.#whiteout(parts, name)
      return
    }
    const where = this.#tree.walk(parts, () => impliedFolder(entry))!
    if (entry.type === 'link') this.#link(where, name, entry)
    else this.#make(where, name, entry)
  }

  data(chunk: Buffer, offset: number): void {
    if (this.#file) this.#sink.write(this.#file.block, offset, chunk)
  }

  end(): void {
    this.#file = undefined
  }

  #whiteout(parts: string[], name: string): void {
    const where = (): Node | undefined => this.#tree.walk(parts)
    if (name === OPAQUE) {
      const folder = where()
      if (folder) this.#tree.hideLower(folder)
    } else if (!name.startsWith(META)) {
      const hidden = name.slice(WHITEOUT.length)
      if (hidden === '' || hidden === '.' || hidden === '..') {
        invalidTar(`${printable([...parts, name].join('/'))} is a whiteout of no file`)
      }
      const folder = where()
      if (folder) this.#tree.whiteout(folder, hidden)
    }
  }

  #link(where: Node, name: string, entry: TarEntry): void {
    const parts = cleanPath(entry.link)
    const last = parts.pop()
    const target = last === undefined ? undefined : this.#tree.walk(parts)?.children!.get(last)
    if (!target || target.children) {
      invalidTar(
        `${printable(entry.path)} is a hard link to ${printable(entry.link)}, which is ${target ? 'a folder' : 'not in the image'}`,
      )
    }
    if (where.children!.get(name) === target) {
      this.#tree.touch(where, name)
      return
    }
    target!.links++
    this.#tree.put(where, name, target!)
  }

  #make(where: Node, name: string, entry: TarEntry): void {
    if (entry.type === 'directory') {
      const present = where.children!.get(name)
      if (present?.children) {
        this.#tree.touch(where, name)
        this.#setAttributes(present, entry)
        return
      }
    }
    const node = new Node(entry.type as Exclude<TarEntry['type'], 'link'>)
    this.#setAttributes(node, entry)
    if (entry.type === 'symlink') {
      if (entry.link === '') invalidTar(`${printable(entry.path)} is a symbolic link to nothing`)
      if (entry.link.includes('\0')) invalidTar(`${printable(entry.path)} has a NUL in its target`)
      node.target = entry.link
    } else if (entry.type === 'char' || entry.type === 'block') {
      // The kernel's device numbers: 12 bits and 20 bits.
      if (entry.major < 0 || entry.major > 0xfff || entry.minor < 0 || entry.minor > 0xfffff) {
        invalidTar(`${printable(entry.path)} has a device number out of range`)
      }
      node.major = entry.major
      node.minor = entry.minor
    }
    this.#tree.put(where, name, node)
    if (entry.type === 'file') {
      node.size = entry.size
      node.block = this.#sink.allocate(entry.size)
      this.#file = node
    }
  }

  #setAttributes(node: Node, entry: TarEntry): void {
    node.mode = entry.mode
    node.uid = entry.uid
    node.gid = entry.gid
    node.mtime = entry.mtime
    node.mtimeNs = entry.mtimeNs
    node.xattrs = entry.xattrs && encodeXattrs(entry.xattrs, entry.path)
  }
}

function impliedFolder(entry: TarEntry): Node {
  const folder = new Node('directory')
  folder.mode = 0o755
  folder.mtime = entry.mtime
  folder.mtimeNs = entry.mtimeNs
  return folder
}

/** Splits a path and takes `.` and `..` out. Throws IMAGE_INVALID where it leads out of the image. */
function cleanPath(path: string): string[] {
  if (path.includes('\0')) invalidTar(`${printable(path)} has a NUL in its name`)
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) invalidTar(`the entry ${printable(path)} leads out of the image`)
  }
  return parts
}
