import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { VolumeCreateRequest } from '../../../contract/docker-volumes.ts'
import type { ContainerConfig, HostConfig, MountPoint } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'
import type { Connect } from '../../guest/connections.ts'
import type { GuestMount } from '../../guest/messages.ts'
import type { PluggedDisk, Share } from '../../hypervisor/virtual-machine.ts'
import { ANONYMOUS } from '../volumes/request.ts'
import type { VolumeService } from '../volumes/volumes.ts'
import { bindModel, bindWarnings } from './bind-owners.ts'
import { BindSources, type BindSource, type BindSourceOptions } from './bind-source.ts'
import { planMounts } from './plan.ts'
import type { MountRecord } from './record.ts'
import { descriptorPath } from './refused.ts'
import { FILE_NAME, shareFile } from './shared-file.ts'
import { forwardConnection } from './socket-forward.ts'

/** What a VM's slots leave room for, beside its own devices and networks. */
const DEVICES_MAX = 16

export interface MountServiceOptions extends BindSourceOptions {
  volumes: VolumeService
  /** Whether files keep their owners: only root can give files away. */
  isRoot: boolean
  log(message: string): void
}

/** A container's mounts, opened for one start. */
export interface OpenMounts {
  /** Devices that the VM gets. */
  shares: Share[]
  disks: PluggedDisk[]
  guest: GuestMount[]
  /** Once the VM has the devices, or will not: QEMU has opened what it needs. */
  close(): Promise<void>
}

/** What containers get mounted: which of it may be, where it comes from, and how it reaches a guest. */
export class MountService {
  readonly #options: MountServiceOptions
  readonly #sources: BindSources

  constructor(options: MountServiceOptions) {
    this.#options = options
    this.#sources = new BindSources(options)
  }

  /**
   * Decides on a new container's mounts and makes the volumes that it lacks. Rejects what cannot be before anything is
   * made. `keep` holds on to a volume's name until the container is there to do so.
   */
  async plan(
    config: ContainerConfig,
    host: HostConfig,
    mountsOf: (container: string) => MountRecord[],
    keep: (volume: string) => void,
  ): Promise<MountRecord[]> {
    const { mounts, volumes } = planMounts(config, host, mountsOf)
    if (mounts.filter(({ type }) => type !== 'tmpfs').length > DEVICES_MAX) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `more than ${DEVICES_MAX} mounts cannot be: each takes a slot of the VM; mount a folder that holds several`,
      )
    }
    for (const mount of mounts) if (mount.type === 'bind') await this.#look(mount, async () => {})
    const made: MountRecord[] = []
    try {
      for (const mount of mounts) {
        if (mount.type !== 'volume') continue
        const request: VolumeCreateRequest = { ...volumes.get(mount.target), Name: mount.source }
        if (mount.source === '') {
          Object.assign(mount, { source: randomBytes(32).toString('hex'), anonymous: true })
          Object.assign(request, { Name: mount.source, Labels: { ...request.Labels, [ANONYMOUS]: '' } })
          made.push(mount)
        }
        keep(mount.source)
        await this.#options.volumes.create(request)
      }
    } catch (error) {
      await this.removeAnonymous(made)
      throw error
    }
    return mounts
  }

  /** What a client should know of planned mounts; `user` is the container's, as it was given. */
  async warnings(mounts: MountRecord[], user: string): Promise<string[]> {
    const words: string[] = []
    for (const mount of mounts) {
      if (mount.type !== 'bind') continue
      const warn = (source: BindSource): Promise<string[]> => bindWarnings(mount, source, { ...this.#options, user }) // prettier-ignore
      words.push(...((await this.#look(mount, warn)) ?? []))
    }
    return words
  }

  /** What the user is to be told at once, not at the start. A source that is to be made may be missing: then undefined. */
  async #look<Seen>(
    mount: MountRecord,
    look: (source: BindSource) => Promise<Seen>,
  ): Promise<Seen | undefined> {
    try {
      const source = await this.#sources.open(mount.source, { make: false })
      try {
        return await look(source)
      } finally {
        await source.handle.close()
      }
    } catch (error) {
      const missing = (error as { cause?: { code?: string } }).cause?.code === 'ENOENT'
      if (!missing || mount.mustExist) throw error
      return undefined
    }
  }

  /** Opens the sources for one start. `folder` is the container's own; files that it shares are linked there. */
  async open(mounts: MountRecord[], folder: string): Promise<OpenMounts> {
    const opened: { close(): Promise<void> }[] = []
    const close = async (): Promise<void> => {
      for (const each of opened.splice(0)) await each.close()
    }
    const shares: Share[] = []
    const disks: PluggedDisk[] = []
    const guest: GuestMount[] = []
    try {
      for (const [number, mount] of mounts.entries()) {
        const id = `ramet${number}`
        const options = mount.readOnly ? ['ro'] : []
        const base = { target: mount.target, source: id, inner: mount.subpath ?? '', options }
        if (mount.type === 'tmpfs') guest.push({ ...base, kind: 'tmpfs', options: mount.options ?? [] })
        else if (mount.type === 'volume') {
          const { kind, path } = this.#options.volumes.source(mount.source)
          const { readOnly } = mount
          if (kind === 'disk') disks.push({ id, path, readOnly })
          // Owners and modes are kept beside the files, so that a guest may set any.
          else shares.push({ id, path, model: 'mapped-xattr', readOnly })
          guest.push({ ...base, kind, options: [...options, ...(copies(mount) ? ['copy'] : [])] })
        } else {
          const source = await this.#sources.open(mount.source, { make: !mount.mustExist })
          opened.push(source.handle)
          const { mode, uid, gid } = source
          if (source.kind === 'socket') {
            const looks = [`mode=${(mode & 0o777).toString(8)}`, `uid=${uid}`, `gid=${gid}`]
            guest.push({ ...base, kind: 'socket', options: [...options, ...looks] })
            continue
          }
          const model = await bindModel(mount, source, this.#options)
          const file = join(folder, 'files', String(number))
          if (source.kind === 'file') {
            await shareFile(source, file, { given: mount.source, readOnly: mount.readOnly })
          }
          // By descriptor: QEMU gets what was judged, whatever the name stands for by then.
          const path =
            source.kind === 'file' ? file : descriptorPath(source.handle).replace('self', String(process.pid))
          shares.push({ id, path, model, readOnly: mount.readOnly })
          guest.push({ ...base, kind: '9p', inner: source.kind === 'file' ? FILE_NAME : '' })
        }
      }
      return { shares, disks, guest, close }
    } catch (error) {
      await close()
      throw error
    }
  }

  /** Whether it is a volume that is a disk of its own, which one running container has at a time. */
  isDisk({ type, source }: MountRecord): boolean {
    return type === 'volume' && this.#options.volumes.source(source).kind === 'disk'
  }

  /** What a running container's connections to its sockets lead to. */
  connector(mounts: MountRecord[]): Connect {
    return (number, connection) => {
      forwardConnection(mounts, number, connection, this.#sources).catch((error: Error) =>
        this.#options.log(`a connection to a bound socket was refused: ${error.message}`),
      )
    }
  }

  /** The volumes that go with their container. One that another still uses stays. */
  async removeAnonymous(mounts: MountRecord[]): Promise<void> {
    for (const { source, anonymous } of mounts) {
      if (!anonymous) continue
      await this.#options.volumes.remove(source, { force: true }).catch((error: Error) => {
        this.#options.log(`the volume ${source} stays: ${error.message}`)
      })
    }
  }

  /** As Docker describes them. */
  points(mounts: MountRecord[]): MountPoint[] {
    return mounts
      .filter(({ unlisted }) => !unlisted)
      .map(({ type, target, source, readOnly, mode }) => ({
        Type: type,
        ...(type === 'volume' ? { Name: source } : {}),
        Source: type === 'volume' ? this.#options.volumes.mountpoint(source) : source,
        Destination: target,
        ...(type === 'volume' ? { Driver: 'local' } : {}),
        Mode: mode,
        RW: !readOnly,
        Propagation: type === 'bind' ? 'rprivate' : '',
      }))
  }
}

const copies = ({ noCopy, readOnly, subpath }: MountRecord): boolean => !noCopy && !readOnly && !subpath
