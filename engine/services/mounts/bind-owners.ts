import { access, constants, statfs } from 'node:fs/promises'
import type { Share } from '../../hypervisor/virtual-machine.ts'
import type { BindSource } from './bind-source.ts'
import type { MountRecord } from './record.ts'
import { descriptorPath } from './refused.ts'

/** File systems on which users set extended attributes of their own (statfs(2)). */
const WITH_ATTRIBUTES = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0x794c_7630]

interface Engine {
  /** Whether files keep their owners: only root can give files away. */
  isRoot: boolean
}

/**
 * How owners in a bind reach a guest. As root they are the files' own. As an ordinary user too, but nothing can be given
 * away; where the image keeps its data, which programs insist on owning, owners stand beside the files, as in a volume.
 */
export async function bindModel(
  { isData }: MountRecord,
  source: BindSource,
  { isRoot }: Engine,
): Promise<Share['model']> {
  if (isRoot) return 'passthrough'
  return isData && source.kind === 'folder' && (await takesAttributes(source)) ? 'mapped-xattr' : 'none'
}

/** What of a bind's owners a client should know: a program would find out, in words of its own, or not at all. */
export async function bindWarnings(
  mount: MountRecord,
  source: BindSource,
  { isRoot, user }: Engine & { user: string },
): Promise<string[]> {
  if (isRoot || mount.readOnly || source.kind !== 'folder') return []
  const here = `the bind ${mount.source}:${mount.target}`
  const instead = `bind a folder of your own, or use a volume (-v NAME:${mount.target})`
  const may = await access(descriptorPath(source.handle), constants.W_OK).then(() => true, () => false) // prettier-ignore
  if (!may) {
    return [
      `${here}: the container cannot write to it, whatever its user: the folder belongs to uid ${source.uid}, and VMs run as you (uid ${process.getuid!()}); ${instead}`,
    ]
  }
  if (mount.isData) {
    if ((await bindModel(mount, source, { isRoot })) === 'mapped-xattr') return []
    return [
      `${here}: its file system keeps no owners for you, so a chown in the container is refused; a database that insists on owning its files wants a volume (-v NAME:${mount.target})`,
    ]
  }
  const [id = '', group] = user.split(':')
  const isOther = /^\d+$/.test(id) && Number(id) !== 0 && Number(id) !== source.uid
  const mayWrite = (source.mode & (group === String(source.gid) ? 0o022 : 0o002)) !== 0
  if (!isOther || mayWrite) return []
  return [
    `${here}: the container's user ${id} cannot write to it: the folder belongs to uid ${source.uid}, and cannot be given away; run it as that one (--user ${source.uid}:${source.gid}), or use a volume (-v NAME:${mount.target})`,
  ]
}

async function takesAttributes({ handle }: BindSource): Promise<boolean> {
  return WITH_ATTRIBUTES.includes((await statfs(descriptorPath(handle))).type)
}
