import { randomBytes } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { EngineError } from '../../../contract/errors.ts'
import type { LiveOrigin, Template } from '../../templates/manifest.ts'
import type { LiveFrozen } from '../../hypervisor/virtual-machine.ts'
import { outputBefore } from '../../guest/log-reader.ts'
import { createOverlay } from '../../hypervisor/disk.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerContext, ContainerPaths } from '../containers/context.ts'
import { diskPath } from '../containers/disk.ts'
import { newDiskName, type ContainerRecord } from '../containers/record.ts'
import { refuseHeld } from './holders.ts'
import { settingsOf } from './settings.ts'

export type LiveTemplate = Template & { live: LiveOrigin }

/** Of what a container printed until it was healthy. */
const OUTPUT_MOST = 1024 ** 2

export interface FreezePurpose {
  kind: LiveOrigin['kind']
  name?: string
  /** It outlives the engine; a fork's does not. */
  durable: boolean
}

/** Freezes containers that run; they go on. */
export class Freezer {
  readonly #context: ContainerContext

  constructor(context: ContainerContext) {
    this.#context = context
  }

  /**
   * The container as it is at one instant, as a template. From then on its disk is an overlay over what it was. The
   * record says so before the disk does: read through the overlay, which is empty until then, both are the same.
   */
  async freeze(
    container: Container,
    { kind, name, durable }: FreezePurpose,
  ): Promise<{ template: LiveTemplate; frozen: LiveFrozen }> {
    const { templates, layers } = this.#context
    return container.lend(async (machine) => {
      const { record, paths } = container
      refuseHeld(record, kind, this.#context.mounts)
      const vm = machine.vm!
      const agent = container.agent()
      const disk = await vm.activeDisk()
      const below = await this.#layersOf(record, paths, disk.file)
      const file = newDiskName()
      const overlay = { file: join(paths.diskFolder, file), node: `ramet-${randomBytes(6).toString('hex')}` }
      const { goldenDisk } = await templates.hardwareFor(record)
      await createOverlay(overlay.file, goldenDisk, layers.path(below[0]!))
      record.disk = { file, layers: below }
      record.freezing = true
      await machine.save(record)
      try {
        const origin = {
          kind,
          name,
          container: { id: record.id, name: record.name },
          settings: settingsOf(record),
          layers: below,
          plugged: await vm.plugged(),
        }
        let printed = 0
        const { template, frozen } = await templates.freeze(record, {
          vm,
          disk,
          overlay,
          origin,
          durable,
          hold: () => agent.hold(),
          release: () => agent.release(),
          // Who starts one like it does not know that it goes on from there, and may wait for a line of its beginning.
          ...(kind === 'healthy' && {
            stopped: async () => void (printed = (await stat(paths.log)).size),
            output: () => outputBefore(paths.log, printed, OUTPUT_MOST),
          }),
        })
        // The layer has a name of its own now.
        await rm(disk.file, { force: true })
        return { template: { ...template, live: template.live! }, frozen }
      } finally {
        record.freezing = undefined
        await machine.save(record)
      }
    })
  }

  /** Makes a layer of what the VM writes to; answers all, the uppermost first. */
  async #layersOf(record: ContainerRecord, paths: ContainerPaths, active: string): Promise<string[]> {
    const { layers } = this.#context
    const there = record.disk?.layers ?? []
    if (active === diskPath(paths, record)) return [await layers.adopt(active), ...there]
    // A freeze before this one did not come to its end: the VM still writes to the layer that it made.
    if (there[0] !== undefined && (await isSameFile(active, layers.path(there[0])))) {
      await rm(diskPath(paths, record), { force: true })
      return there
    }
    throw new EngineError(
      'INTERNAL',
      `container ${record.name} writes to ${basename(active)}, which its record does not know; restart it, then freeze it`,
    )
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((file) => stat(file).catch(() => undefined)))
  return !!a && !!b && a.dev === b.dev && a.ino === b.ino
}
