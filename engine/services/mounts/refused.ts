import { stat, statfs } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { EngineError } from '../../../contract/errors.ts'

/** Opens a place without its content; node has no name for it. */
export const O_PATH = 0o10000000
export const O_FOLDER = O_PATH | constants.O_DIRECTORY

/** The kernel's own windows (statfs(2)): what is written there changes the machine. */
const KERNEL_FILE_SYSTEMS: Record<number, string> = {
  0x9fa0: 'proc',
  0x62656572: 'sysfs',
  0x27e0eb: 'cgroup',
  0x63677270: 'cgroup2',
  0x64626720: 'debugfs',
  0x74726163: 'tracefs',
  0x73636673: 'securityfs',
  0xcafe4a11: 'bpf',
  0x1cd1: 'devpts',
  0x62656570: 'configfs',
  0x6e736673: 'nsfs',
  0xde5e81e4: 'efivarfs',
  0xf97cff8c: 'selinuxfs',
}

/** The path by which a descriptor is reached: whatever becomes of names, it stands for what was opened. */
export const descriptorPath = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`

/**
 * Judges opened folders, never paths: what was judged is what is used, whoever swaps names meanwhile. A refused folder
 * takes all below it along; what lies above one is not refused, but for the root.
 */
export class RefusedFolders {
  readonly #folders: Record<string, string>

  /** Folders with whose they are, for people. */
  constructor(folders: Record<string, string>) {
    this.#folders = { ...folders, '/dev': "the host's devices", '/proc': 'the kernel', '/sys': 'the kernel' }
  }

  /** Rejects with FORBIDDEN where `folder` is refused or lies in a refused one; `path` is for people. */
  async check(folder: FileHandle, path: string): Promise<void> {
    const refuse = (why: string): never => {
      throw new EngineError('FORBIDDEN', `${path} cannot be bound: ${why}; bind another folder`)
    }
    const { type } = await statfs(descriptorPath(folder))
    const kind = KERNEL_FILE_SYSTEMS[type]
    if (kind) refuse(`it is the kernel's own (${kind})`)
    const refused = await this.#identities()
    let at = await open(descriptorPath(folder), O_FOLDER)
    try {
      for (let first = true; ; first = false) {
        const here = identity(await at.stat())
        const whose = refused.get(here)
        if (whose) refuse(`it belongs to ${whose}`)
        const above = await open(`${descriptorPath(at)}/..`, O_FOLDER)
        await at.close()
        at = above
        if (identity(await at.stat()) !== here) continue
        if (first) refuse('the whole file system holds the kernel’s files and every other container’s')
        return
      }
    } finally {
      await at.close()
    }
  }

  async #identities(): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    for (const [path, whose] of Object.entries(this.#folders)) {
      const status = await stat(path).catch(() => undefined)
      if (status) found.set(identity(status), whose)
    }
    return found
  }
}

export function identity({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}:${ino}`
}

/** Ramet's and libvirt's folders, with whose they are. */
export function ownFolders(own: string[], env: Record<string, string | undefined>): Record<string, string> {
  const home = env['HOME']
  const runtime = env['XDG_RUNTIME_DIR']
  const libvirt = [
    ...['/etc/libvirt', '/var/lib/libvirt', '/var/cache/libvirt', '/var/log/libvirt', '/run/libvirt'],
    ...(home
      ? ['.config', '.cache', '.local/share', '.local/state'].map((at) => `${home}/${at}/libvirt`)
      : []),
    ...(runtime ? [`${runtime}/libvirt`] : []),
  ]
  return {
    ...Object.fromEntries(libvirt.map((path) => [path, 'libvirt'])),
    ...Object.fromEntries(own.map((path) => [path, 'Ramet'])),
  }
}

/** The folder that holds `path`, as it is right now. */
export const parentOf = (path: string): Promise<FileHandle> => open(dirname(path), O_FOLDER)
