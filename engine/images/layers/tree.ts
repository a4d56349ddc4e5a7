import { invalidTar, printable } from '../tar/invalid.ts'

export type NodeKind = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo'

/** An inode of the merged image. One class with fixed fields: an image may have a million of them. */
export class Node {
  kind: NodeKind
  mode = 0
  uid = 0
  gid = 0
  mtime = 0
  mtimeNs = 0
  /** Names of a directory; undefined for all else. */
  children: Map<string, Node> | undefined
  links = 1
  /** Bytes of a regular file. */
  size = 0
  /** First block of a regular file's data in the output. */
  block = 0
  target = ''
  major = 0
  minor = 0
  /** As they stand in the output; undefined for none. */
  xattrs: Buffer | undefined
  /** Place in the output's metadata, set when all layers are merged; negative for not yet. */
  nid = -1

  constructor(kind: NodeKind) {
    this.kind = kind
    if (kind === 'directory') this.children = new Map()
  }
}

/** As in the kernel's path walk. */
const MAX_SYMLINKS = 40
const MAX_DEPTH = 2048
/** Images in use have some hundred thousand at most; the tree is held in memory. */
export const MAX_NODES = 1_000_000

/** Merges layers, lowest first, into one tree. `onFree` hears of files that no name leads to any more. */
export class Tree {
  readonly root = new Node('directory')
  readonly #onFree: (file: Node) => void
  /** Names that the present layer made or changed. */
  #touched = new Map<Node, Set<string>>()
  #nodes = 1

  constructor(onFree: (file: Node) => void) {
    this.#onFree = onFree
    this.root.mode = 0o755
  }

  beginLayer(): void {
    this.#touched = new Map()
  }

  /**
   * The directory at this path, symbolic links followed inside the root. A `..` that climbs above the root is
   * refused. Missing directories are made by `create`, or undefined is returned where that is not given.
   */
  walk(parts: string[], create?: () => Node): Node | undefined {
    const stack = [this.root]
    const pending = parts.toReversed()
    let links = 0
    while (pending.length > 0) {
      const name = pending.pop()!
      if (name === '' || name === '.') continue
      const where = stack[stack.length - 1]!
      if (name === '..') {
        if (stack.length === 1)
          invalidTar(`${printable(parts.join('/'))} leads out of the image through a symbolic link`)
        stack.pop()
        continue
      }
      let child = where.children!.get(name)
      if (!child) {
        if (!create) return undefined
        child = create()
        this.put(where, name, child)
      }
      if (child.children) {
        if (stack.length >= MAX_DEPTH) invalidTar(`folders are nested deeper than ${MAX_DEPTH} levels`)
        stack.push(child)
      } else if (child.kind === 'symlink') {
        if (++links > MAX_SYMLINKS)
          invalidTar(`${printable(parts.join('/'))} goes through too many symbolic links`)
        if (child.target.startsWith('/')) stack.length = 1
        pending.push(...child.target.split('/').toReversed())
      } else {
        invalidTar(`${printable(parts.join('/'))} goes through ${printable(name)}, which is not a folder`)
      }
    }
    return stack[stack.length - 1]
  }

  /** Gives a node a name, in place of what had it. */
  put(where: Node, name: string, node: Node): void {
    if (name.length > 255) invalidTar(`${printable(name)} is a name longer than 255 bytes`)
    if (node.links === 1 && ++this.#nodes > MAX_NODES) {
      invalidTar(`it has more than ${MAX_NODES} files`)
    }
    if (where.children!.has(name)) this.unlink(where, name)
    where.children!.set(name, node)
    this.touch(where, name)
  }

  touch(where: Node, name: string): void {
    const names = this.#touched.get(where)
    if (names) names.add(name)
    else this.#touched.set(where, new Set([name]))
  }

  /** Applies a whiteout: what lower layers put under this name goes; what the present layer put there stays. */
  whiteout(where: Node, name: string): void {
    const child = where.children!.get(name)
    if (!child) return
    const kept = child.children ? this.hideLower(child) : false
    if (!kept && !this.#touched.get(where)?.has(name)) this.unlink(where, name)
  }

  /** Makes a folder opaque: only what the present layer put into it stays. Returns whether anything did. */
  hideLower(folder: Node): boolean {
    for (const name of [...folder.children!.keys()]) this.whiteout(folder, name)
    return folder.children!.size > 0
  }

  unlink(where: Node, name: string): void {
    const gone = [where.children!.get(name)!]
    where.children!.delete(name)
    while (gone.length > 0) {
      const node = gone.pop()!
      if (node.children) {
        gone.push(...node.children.values())
        this.#nodes--
      } else if (--node.links === 0) {
        this.#nodes--
        if (node.kind === 'file') this.#onFree(node)
      }
    }
  }
}
