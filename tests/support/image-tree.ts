import { execFile } from 'node:child_process'
import { chmod, lstat, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)

/** What a file system says about one name. */
export interface FileFacts {
  type: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo'
  /** Not told of symbolic links: Linux has none for them. */
  mode?: number
  uid: number
  gid: number
  /** Of files only: bytes and hex digest. */
  size?: number
  sha256?: string
  target?: string
  /** `major:minor`. */
  device?: string
  /** All names of this file, itself among them; where it has several. */
  names?: string[]
  /** Hex by name. */
  xattrs: Record<string, string>
  /** Not of directories: unpacking changes theirs. */
  mtimeNs?: string
}

/** Python, because Node has no call for extended attributes; and what checks is not to share code with what is checked. */
const WALK = `
import os, sys, json, stat, hashlib
root = os.fsencode(sys.argv[1])
kinds = {stat.S_IFREG: 'file', stat.S_IFDIR: 'directory', stat.S_IFLNK: 'symlink', stat.S_IFCHR: 'char', stat.S_IFBLK: 'block', stat.S_IFIFO: 'fifo'}
text = lambda b: b.decode('latin1')
facts, inodes = {}, {}
def visit(path, name):
    s = os.lstat(path)
    kind = kinds[stat.S_IFMT(s.st_mode)]
    f = {'type': kind, 'uid': s.st_uid, 'gid': s.st_gid}
    if kind != 'symlink': f['mode'] = stat.S_IMODE(s.st_mode)
    if kind != 'directory': f['mtimeNs'] = str(s.st_mtime_ns)
    if kind == 'file':
        h = hashlib.sha256()
        with open(path, 'rb') as file:
            for part in iter(lambda: file.read(1 << 20), b''): h.update(part)
        f['size'], f['sha256'] = s.st_size, h.hexdigest()
    if kind == 'symlink': f['target'] = text(os.readlink(path))
    if kind in ('char', 'block'): f['device'] = '%d:%d' % (os.major(s.st_rdev), os.minor(s.st_rdev))
    f['xattrs'] = {x: os.getxattr(path, x, follow_symlinks=False).hex() for x in os.listxattr(path, follow_symlinks=False)}
    if kind != 'directory': inodes.setdefault(s.st_ino, []).append((name, s.st_nlink, f))
    facts[name] = f
    if kind == 'directory':
        for child in sorted(os.listdir(path)):
            visit(os.path.join(path, child), (name + '/' if name else '') + text(child))
sys.setrecursionlimit(5000)
visit(root, '')
for group in inodes.values():
    names = sorted(n for n, _, _ in group)
    for _, links, f in group:
        if links != len(names): f['names'] = ['%d links, but' % links] + names
        elif links > 1: f['names'] = names
json.dump(facts, sys.stdout)
`

/** Every file below a folder, by its path; bytes of names are given as Latin-1 characters. */
export async function readTree(folder: string): Promise<Record<string, FileFacts>> {
  const { stdout } = await exec('/usr/bin/python3', ['-c', WALK, folder], { maxBuffer: 256 << 20 })
  return JSON.parse(stdout) as Record<string, FileFacts>
}

/** Unpacks layers (tar archives, lowest first) with GNU tar and Docker's rules for whiteouts. Needs root. */
export async function unpackLayers(layers: string[], root: string): Promise<void> {
  await chmod(root, 0o755)
  for (const layer of layers) {
    const { stdout } = await exec('tar', ['--quoting-style=literal', '-tf', layer], { maxBuffer: 64 << 20 })
    for (const path of stdout.split('\n')) {
      const slash = path.lastIndexOf('/')
      const [folder, name] = [join(root, path.slice(0, slash + 1)), path.slice(slash + 1)]
      if (name === '.wh..wh..opq') {
        for (const child of await readdir(folder).catch(() => []))
          await rm(join(folder, child), { recursive: true })
      } else if (name.startsWith('.wh.')) {
        await rm(join(folder, name.slice(4)), { recursive: true, force: true })
      } else if (name !== '' && (await isFolder(join(folder, name)))) {
        // tar itself replaces anything but a folder that is not empty.
        await rm(join(folder, name), { recursive: true })
      }
    }
    const keep = ['--same-owner', '--same-permissions', '--numeric-owner', '--xattrs', '--xattrs-include=*']
    await exec('tar', ['-xf', layer, '-C', root, ...keep, '--exclude=.wh.*'])
  }
}

/** An erofs file, mounted by the kernel; undefined where this user or this kernel cannot. */
export async function mountErofs(file: string): Promise<({ path: string } & AsyncDisposable) | undefined> {
  const path = await mkdtemp(join(tmpdir(), 'ramet-mount-'))
  try {
    await exec('mount', ['-t', 'erofs', '-o', 'loop,ro', file, path])
  } catch {
    await rm(path, { recursive: true })
    return undefined
  }
  const unmount = async (): Promise<void> => {
    await exec('umount', [path])
    await rm(path, { recursive: true })
  }
  return { path, [Symbol.asyncDispose]: unmount }
}

const isFolder = (path: string): Promise<boolean> =>
  lstat(path).then((found) => found.isDirectory(), () => false) // prettier-ignore
