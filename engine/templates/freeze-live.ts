import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EngineError } from '../../contract/errors.ts'
import type { ActiveDisk, LiveFrozen, VirtualMachine } from '../hypervisor/virtual-machine.ts'
import { MANIFEST_VERSION, type LiveOrigin, type Template } from './manifest.ts'
import { hashSparseFile } from './sparse-hash.ts'
import type { TemplateStore } from './store.ts'
import { joinState } from './stream/splitter.ts'

/** Id of the guest RAM's memory backend in every VM's command line. */
const RAM_BLOCK = 'ram'
/** Of a template that ends with the engine: nobody will read its files to check them. */
const UNCHECKED = '0'.repeat(64)

export interface LiveRequest {
  vm: VirtualMachine
  /** What the VM was forked from; of one that booted cold, a template of the same hardware. */
  base: Template
  cold: boolean
  disk: ActiveDisk
  overlay: { file: string; node: string }
  origin: LiveOrigin
  /** It outlives the engine, and the machine's next crash. */
  durable: boolean
  hold(): Promise<void>
  release(): Promise<void>
  stopped?(): Promise<void>
  /** What the container had printed by then, where the template is to keep that. */
  output?(): Promise<Buffer>
}

/**
 * Freezes a VM while it runs, and publishes what it was as a template of its own. Leaves nothing behind on failure,
 * but for the disk, which may write to its overlay already.
 */
export async function freezeLive(
  request: LiveRequest,
  store: TemplateStore,
): Promise<{ template: Template; frozen: LiveFrozen }> {
  const { vm, base, durable } = request
  const started = performance.now()
  const folder = await store.prepare()
  const at = (name: string): string => join(folder, name)
  try {
    if (!request.cold) await copySparse(base.ramFile, at('ram'))
    await using ramFile = await open(at('ram'), request.cold ? 'wx+' : 'r+', 0o600)
    await ramFile.truncate(base.memoryBytes)
    const frozen = await vm.liveFreeze({
      ramFile,
      ramBytes: base.memoryBytes,
      devicesFile: at('devices'),
      disk: request.disk,
      overlay: request.overlay,
      hold: request.hold,
      release: request.release,
      stopped: request.stopped,
    })
    await using state = await open(at('state'), 'wx+', 0o600)
    const joined = await joinState(createReadStream(base.stateFile), await readFile(at('devices')), {
      ramBlock: RAM_BLOCK,
      ramBytes: base.memoryBytes,
      ramFile,
      state,
    })
    await rm(at('devices'))
    if (request.output) await store.keepOutput(folder, await request.output())
    if (durable) await Promise.all([ramFile.sync(), state.sync()])
    const { blocks } = await stat(at('ram'))
    const digest = (name: string): Promise<string> =>
      durable ? hashSparseFile(at(name)) : Promise.resolve(UNCHECKED)
    const template = await store.publish(
      folder,
      {
        version: MANIFEST_VERSION,
        id: randomBytes(32).toString('hex'),
        imageId: base.imageId,
        memoryBytes: base.memoryBytes,
        vcpus: base.vcpus,
        accelerator: base.accelerator,
        kit: base.kit,
        qemu: base.qemu,
        libvirt: base.libvirt,
        cpuModel: base.cpuModel,
        machine: joined.machine,
        createdAt: new Date().toISOString(),
        bootMs: base.bootMs,
        freezeMs: Math.round(performance.now() - started),
        downtimeMs: Math.round(frozen.heldMs),
        // Pages that are not zero: a VM that came here on its own would hold no fewer.
        coldPrivateBytes: blocks * 512,
        coldOverheadBytes: base.coldOverheadBytes,
        coldTranslatedBytes: base.coldTranslatedBytes,
        ram: { bytes: base.memoryBytes, sha256: await digest('ram') },
        state: { bytes: joined.stateBytes, sha256: await digest('state') },
        live: request.origin,
      },
      { durable },
    )
    return { template, frozen }
  } catch (error) {
    await store.discard(folder)
    throw error
  }
}

/** Shares the blocks where the file system can; holes stay holes. */
async function copySparse(from: string, to: string): Promise<void> {
  try {
    await promisify(execFile)('cp', ['--reflink=auto', '--sparse=auto', '--', from, to])
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error).trim()
    const full = /No space left|quota/i.test(said)
    throw new EngineError(
      full ? 'DISK_FULL' : 'TEMPLATE_NOT_FOUND',
      full
        ? "no room for a copy of the container's memory; free some disk space"
        : `the template that the container was forked from cannot be read (${said}); restart the container, then freeze it`,
      { cause: error },
    )
  }
}
