import { randomUUID } from 'node:crypto'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import { AgentClient, type GuestNat } from '../guest/agent-client.ts'
import { createOverlay } from '../hypervisor/disk.ts'
import { hardwareDigest } from '../hypervisor/domain-xml.ts'
import { removeGuardFiles } from '../hypervisor/guard.ts'
import { readVmMemory } from '../hypervisor/process-memory.ts'
import type { Hardware, Hypervisor, VirtualMachine } from '../hypervisor/virtual-machine.ts'
import { freeze } from './freeze.ts'
import { MANIFEST_VERSION, type Template } from './manifest.ts'
import { hashSparseFile } from './sparse-hash.ts'
import { BOOT_LOG, type TemplateStore } from './store.ts'

/** A cold boot under emulation on a busy machine takes tens of seconds; a guest that needs longer hangs. */
const BOOT_TIMEOUT_MS = 120_000

export interface TemplateRequest {
  imageId: string
  kit: string
  hardware: Hardware
}

export interface MakeOptions {
  /** Short folder for unix sockets. */
  socketDir: string
  /** The NAT as most containers have it. */
  network: GuestNat
  signal?: AbortSignal
  onStatus?(status: string): void
}

/** The id of the template that this request needs on this host. */
export function templateId(request: TemplateRequest, hypervisor: Hypervisor): string {
  const identity = { image: request.imageId, kit: request.kit }
  return hardwareDigest(request.hardware, identity, hypervisor.facts)
}

/**
 * Boots a VM once, up to the idle agent with its disk mounted, freezes it and publishes the template. Leaves nothing behind
 * on failure.
 */
export async function makeTemplate(
  request: TemplateRequest,
  hypervisor: Hypervisor,
  store: TemplateStore,
  options: MakeOptions,
): Promise<Template> {
  const id = templateId(request, hypervisor)
  const folder = await store.prepare()
  const files = {
    disk: join(folder, 'disk'),
    log: join(folder, 'scratch.log'),
    console: join(folder, BOOT_LOG),
  }
  const socket = (kind: string) => join(options.socketDir, `t-${id.slice(0, 12)}.${kind}`)
  let vm: VirtualMachine | undefined
  try {
    options.onStatus?.('Booting')
    await createOverlay(files.disk, request.hardware.goldenDisk)
    const bootStart = performance.now()
    const uuid = randomUUID()
    vm = await hypervisor.createTransient({
      name: `ramet-template-${uuid.slice(0, 8)}`,
      uuid,
      hardware: request.hardware,
      disk: files.disk,
      agentSocket: socket('agent'),
      guardFile: socket('guard'),
      logFile: files.log,
      consoleFile: files.console,
    })
    await vm.resume()
    await prepareGuest(vm, socket('agent'), files.console, options)
    const bootMs = performance.now() - bootStart

    options.onStatus?.('Freezing')
    const { memoryBytes } = request.hardware
    const memory = await readVmMemory(await vm.pid(), { memoryBytes, imageFile: request.hardware.image.path })
    const freezeStart = performance.now()
    await vm.suspend()
    const frozen = await freeze(vm, {
      folder,
      ramBytes: memoryBytes,
      socketPath: socket('freeze'),
      signal: options.signal,
    })
    const freezeMs = performance.now() - freezeStart
    await vm.destroy()
    vm = undefined
    await rm(files.log, { force: true })
    const disk = await stat(files.disk)

    const { facts } = hypervisor
    return await store.publish(folder, {
      version: MANIFEST_VERSION,
      id,
      imageId: request.imageId,
      memoryBytes,
      vcpus: request.hardware.vcpus,
      accelerator: facts.accelerator,
      kit: request.kit,
      qemu: facts.qemuVersion,
      libvirt: facts.libvirtVersion,
      cpuModel: facts.cpuModel,
      machine: frozen.machine,
      createdAt: new Date().toISOString(),
      bootMs: Math.round(bootMs),
      freezeMs: Math.round(freezeMs),
      downtimeMs: frozen.downtimeMs,
      coldPrivateBytes: memory.privateBytes,
      coldOverheadBytes: memory.overheadPrivateBytes,
      coldTranslatedBytes: memory.translatedBytes,
      ram: { bytes: memoryBytes, sha256: await hashSparseFile(join(folder, 'ram')) },
      state: { bytes: frozen.stateBytes, sha256: await hashSparseFile(join(folder, 'state')) },
      disk: { bytes: disk.size, sha256: await hashSparseFile(files.disk) },
    })
  } catch (error) {
    await vm?.destroy().catch(() => {})
    await store.discard(folder)
    throw error
  } finally {
    await Promise.all(['agent', 'freeze'].map((kind) => rm(socket(kind), { force: true })))
    await removeGuardFiles(socket('guard'))
  }
}

/** Waits until the guest has booted, and has it mount its disk. */
async function prepareGuest(
  vm: VirtualMachine,
  path: string,
  consoleFile: string,
  { network, signal }: Pick<MakeOptions, 'network' | 'signal'>,
): Promise<void> {
  let agent: AgentClient
  try {
    agent = await AgentClient.connect({ path, signal, timeoutMs: BOOT_TIMEOUT_MS })
  } catch (error) {
    if (signal?.aborted) throw error
    const last = await readFile(consoleFile, 'utf8').catch(() => '')
    const hint = last.trim().split('\n').at(-1) ?? ''
    const state = await vm.state().catch(() => 'off')
    throw new EngineError(
      'GUEST_TIMEOUT',
      `the VM did not boot (it is ${state}); its console ends with: ${JSON.stringify(hint.slice(-200))}. Run 'ramet doctor'`,
      { cause: error },
    )
  }
  try {
    if (agent.hello.state !== 'idle' || !agent.hello.imageMounted) {
      throw new EngineError(
        'GUEST_ERROR',
        'the guest booted but could not mount the image; remove the image and pull it again',
      )
    }
    await agent.prepare(network)
  } finally {
    agent.close()
  }
}
