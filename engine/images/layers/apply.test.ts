import { describe, expect, test } from 'vitest'
import { TarReader } from '../tar/reader.ts'
import { tar, type TarSpec } from '../tar/testing.ts'
import { LayerApplier } from './apply.ts'
import { Node, Tree, MAX_NODES } from './tree.ts'

/** Contents by their first block, which here is a running number. */
class Sink {
  readonly contents = new Map<number, string>()
  allocate(): number {
    this.contents.set(this.contents.size + 1, '')
    return this.contents.size
  }
  write(block: number, _offset: number, chunk: Buffer): void {
    this.contents.set(block, this.contents.get(block)! + chunk.toString())
  }
}

interface Merged {
  tree: Tree
  freed: Node[]
  /** `path` → content, `-> target`, or kind; folders end in a slash. */
  list: Record<string, string>
}

function merge(...layers: TarSpec[][]): Merged {
  const sink = new Sink()
  const freed: Node[] = []
  const tree = new Tree((file) => freed.push(file))
  for (const layer of layers) {
    tree.beginLayer()
    const reader = new TarReader(new LayerApplier(tree, sink))
    reader.push(tar(layer))
    reader.end()
  }
  const list: Record<string, string> = {}
  const visit = (folder: Node, path: string): void => {
    for (const [name, node] of folder.children!) {
      if (node.kind === 'symlink') list[path + name] = `-> ${node.target}`
      else if (node.kind === 'file') list[path + name] = sink.contents.get(node.block)!
      else list[path + name + (node.children ? '/' : '')] = node.kind
      if (node.children) visit(node, `${path}${name}/`)
    }
  }
  visit(tree.root, '')
  return { tree, freed, list }
}

const file = (path: string, data = path): TarSpec => ({ path, data })
const folder = (path: string): TarSpec => ({ path, type: 'directory' })
const soft = (path: string, link: string): TarSpec => ({ path, type: 'symlink', link })
const hard = (path: string, link: string): TarSpec => ({ path, type: 'link', link })
const refuses = (why: RegExp, ...layers: TarSpec[][]) =>
  expect(() => merge(...layers)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringMatching(why) })) // prettier-ignore

describe('names that would lead out', () => {
  test.each(['../x', 'a/../../x', './../x', '/../x'])('the entry %s is refused', (path) =>
    refuses(/leads out/, [file(path)]),
  )

  test('an absolute name, and a link to / in front, stay inside', () => {
    expect(merge([file('/abs/x')]).list).toHaveProperty(['abs/x'])
    const { list } = merge([soft('foo', '/'), file('foo/tmp/x')])
    expect(list).toEqual({ foo: '-> /', 'tmp/': 'directory', 'tmp/x': 'foo/tmp/x' })
  })

  test('chains of links out of the root are refused', () => {
    refuses(/leads out/, [soft('a', '..'), file('a/x')])
    refuses(/leads out/, [folder('d'), soft('d/a', '../..'), soft('b', 'd/a'), hard('h', 'b/etc/passwd')])
    refuses(/too many symbolic links/, [soft('a', 'b'), soft('b', 'a'), file('a/x')])
  })

  test('hard links out, to nothing, or to a folder are refused', () => {
    refuses(/leads out/, [hard('h', '../../etc/passwd')])
    refuses(/not in the image/, [hard('h', '/etc/passwd')])
    refuses(/a folder/, [folder('d'), hard('h', 'd')])
  })

  test('the root stays a folder', () => {
    refuses(/replace the root/, [soft('/.', 'x')])
    refuses(/replace the root/, [file('a/..')])
    const { tree } = merge([{ path: './', type: 'directory', mode: 0o700, uid: 3 }])
    expect(tree.root).toMatchObject({ mode: 0o700, uid: 3, kind: 'directory' })
  })

  test('a NUL in a link target, and a name longer than any file system takes', () => {
    refuses(/longer than 255/, [file('n'.repeat(256))])
    refuses(/NUL/, [{ path: 'x', type: 'symlink', pax: { linkpath: 'a\0b' } }])
  })
})

describe('whiteouts', () => {
  test.each(['.wh..', '.wh...', 'etc/.wh..', '.wh.'])('%s is refused', (path) =>
    refuses(/whiteout of no file/, [folder('etc')], [file(path)]),
  )

  test('hide what is below, never what their own layer brings, in any order', () => {
    const lower = [folder('d'), file('d/old'), file('d/both', 'old')]
    const upper = [file('d/.wh.both'), file('d/both', 'new'), file('d/.wh.old')]
    for (const order of [upper, upper.toReversed()]) {
      expect(merge(lower, order).list).toEqual({ 'd/': 'directory', 'd/both': 'new' })
    }
  })

  test('an opaque folder keeps only its own, in any order', () => {
    const lower = [folder('d'), file('d/old'), folder('d/sub'), file('d/sub/old')]
    const upper = [folder('d'), file('d/.wh..wh..opq'), file('d/sub/new')]
    for (const order of [upper, upper.toReversed()]) {
      expect(merge(lower, order).list).toEqual({
        'd/': 'directory',
        'd/sub/': 'directory',
        'd/sub/new': 'd/sub/new',
      })
    }
  })

  test('below a symbolic link act on this image only', () => {
    const { list } = merge(
      [folder('real'), file('real/x'), file('real/y'), soft('link', '/real')],
      [file('link/.wh.x')],
    )
    expect(list).toEqual({ 'real/': 'directory', 'real/y': 'real/y', link: '-> /real' })
  })

  test('of what is not there, and leftovers of aufs, change nothing', () => {
    const { list } = merge(
      [file('a')],
      [file('.wh.b'), file('none/.wh.x'), file('.wh..wh.plnk/1.2'), file('.wh..wh.aufs')],
    )
    expect(list).toEqual({ a: 'a' })
  })

  test('free what they hide, but not what has another name', () => {
    const { list, freed } = merge([file('a'), hard('b', 'a'), file('c')], [file('.wh.a'), file('.wh.c')])
    expect(list).toEqual({ b: 'a' })
    expect(freed).toHaveLength(1)
  })
})

describe('what is there twice', () => {
  test('the last of a layer wins, and the first is freed', () => {
    const { list, freed } = merge([file('x', 'first'), file('x', 'second'), hard('x', 'x')])
    expect(list).toEqual({ x: 'second' })
    expect(freed).toHaveLength(1)
  })

  test('kinds replace each other; a folder keeps what it holds', () => {
    const lower = [folder('d'), file('d/x'), file('f'), folder('e'), file('e/x')]
    const { list } = merge(lower, [
      soft('d', 'e'),
      folder('f'),
      { path: 'e', type: 'directory', mode: 0o700 },
    ])
    expect(list).toEqual({ d: '-> e', 'f/': 'directory', 'e/': 'directory', 'e/x': 'e/x' })
  })

  test('names that differ only in their Unicode form are two', () => {
    const { list } = merge([file('\u00e9', 'composed'), file('e\u0301', 'decomposed')])
    expect(Object.values(list)).toEqual(['composed', 'decomposed'])
  })

  test('a hard link into a lower layer shares its node, and outlives its other name', () => {
    const { tree, list } = merge([file('a', 'old')], [hard('b', 'a')], [file('a', 'new')])
    expect(list).toEqual({ b: 'old', a: 'new' })
    expect(tree.root.children!.get('b')!.links).toBe(1)
  })
})

describe('devices, privileges and attributes are data', () => {
  test('they are taken as they are', () => {
    const { tree } = merge([
      { path: 'sda', type: 'block', major: 8, minor: 0, mode: 0o660 },
      {
        path: 'su',
        data: 'x',
        mode: 0o6755,
        xattrs: { 'trusted.overlay.opaque': 'y', 'security.capability': 'c' },
      },
    ])
    expect(tree.root.children!.get('sda')).toMatchObject({ kind: 'block', major: 8, minor: 0, mode: 0o660 })
    const su = tree.root.children!.get('su')!
    expect(su.mode).toBe(0o6755)
    expect(su.xattrs!.toString('latin1')).toMatch(/capability.*overlay\.opaque/s)
  })

  test('a device number that the kernel has no room for is refused', () =>
    refuses(/device number/, [{ path: 'x', type: 'char', major: 4096, minor: 0 }]))
})

describe('bounds', () => {
  test('no more than a million files', () => {
    const tree = new Tree(() => {})
    const fillUp = (): void => {
      for (let at = 0; at <= MAX_NODES; at++) tree.put(tree.root, String(at), new Node('fifo'))
    }
    expect(fillUp).toThrow(/more than 1000000 files/)
    expect(tree.root.children!.size).toBeLessThan(MAX_NODES)
  })

  test('no deeper than two thousand folders, links counted', () => {
    const deep = 'd/'.repeat(2_000)
    refuses(/nested deeper/, [
      folder(deep),
      soft('s', deep),
      folder(`s/${'e/'.repeat(100)}`),
      file(`s/${'e/'.repeat(100)}x`),
    ])
  })
})
