import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, type Connection, type Domain } from '../../native/libvirt/index.ts'
import { EngineError } from '../../contract/errors.ts'
import { chooseAccelerator } from './accelerator.ts'
import { decodeRecord, domainXml, RECORD_URI } from './domain-xml.ts'
import { HostShares } from './host-share.ts'
import { explained, LibvirtMachine } from './libvirt-machine.ts'
import type {
  Hypervisor,
  HypervisorFacts,
  Kernel,
  VirtualMachine,
  VmLimits,
  VmSpec,
  VmState,
  VmStopped,
} from './virtual-machine.ts'

export interface HypervisorOptions {
  uri: string
  /** `auto`, `kvm` or `tcg`. */
  accelerator: string
  cacheDir: string
  /** What a VM boots that is to show whether KVM works. */
  kernel: Kernel
  /** Folder of the engine's files: VMs of engines with other files, on the same libvirt, are left alone. */
  owner: string
}

/** Connects to libvirt. Rejects with LIBVIRT_UNAVAILABLE, ACCELERATOR_UNAVAILABLE, or CONFLICT with another engine. */
export async function openHypervisor(options: HypervisorOptions): Promise<Hypervisor> {
  await prepareEmbedded(options.uri)
  let connection: Connection
  try {
    connection = await connect(options.uri)
  } catch (error) {
    const { message } = error as Error
    // The embedded driver's own lock.
    if (message.includes('driver.pid')) {
      throw new EngineError(
        'CONFLICT',
        `an engine already runs on ${options.owner}; use that one, or end it with 'ramet engine stop'`,
        { cause: error },
      )
    }
    throw new EngineError(
      'LIBVIRT_UNAVAILABLE',
      `cannot reach libvirt at ${options.uri}: ${message}. Install libvirt and its QEMU driver (Debian: libvirt-daemon, libvirt-daemon-driver-qemu), or set RAMET_LIBVIRT_URI`,
      { cause: error },
    )
  }
  try {
    const hypervisor = new LibvirtHypervisor(
      connection,
      await collectFacts(connection, options),
      options.owner,
    )
    await hypervisor.sweep()
    await hypervisor.listen()
    return hypervisor
  } catch (error) {
    await connection.close()
    throw error
  }
}

const EMBEDDED_CONFIG = `stdio_handler = "file"
security_driver = "none"
user = "+${process.getuid?.()}"
group = "+${process.getgid?.()}"
dynamic_ownership = 0
namespaces = []
remember_owner = 0
`

/**
 * The embedded driver keeps its own configuration: output files belong to QEMU itself, so that logs go on while no
 * engine runs, and nobody changes owners of files that are all the user's: as root, libvirt would run QEMU as a user that cannot read them.
 */
async function prepareEmbedded(uri: string): Promise<void> {
  const root = /^qemu:\/\/\/embed\?root=(.*)$/.exec(uri)?.[1]
  if (!root) return
  await mkdir(join(root, 'etc'), { recursive: true, mode: 0o700 })
  await writeFile(join(root, 'etc', 'qemu.conf'), EMBEDDED_CONFIG)
}

async function collectFacts(connection: Connection, options: HypervisorOptions): Promise<HypervisorFacts> {
  const versions = await connection.version()
  const qemuBinary = emulatorOf(await connection.capabilities())
  const qemuVersion = versions.hypervisor
  const choice = await chooseAccelerator(options.accelerator, {
    qemuBinary,
    qemuVersion,
    cacheDir: options.cacheDir,
    kernel: options.kernel,
  })
  return {
    uri: options.uri,
    accelerator: choice.accelerator,
    acceleratorReason: choice.reason,
    libvirtVersion: versions.library,
    qemuVersion,
    qemuBinary,
    cpuModel: choice.accelerator === 'kvm' ? await hostCpu() : 'max',
  }
}

/** The emulator that libvirt would run for a 64-bit PC. */
function emulatorOf(capabilities: string): string {
  // libvirt writes it, so it is read as libvirt writes it.
  const [, arch = ''] = /<arch name=['"]x86_64['"]>([^]*?)<\/arch>/.exec(capabilities) ?? []
  const emulator = /<emulator>([^<]+)<\/emulator>/.exec(arch)?.[1]
  if (emulator) return emulator
  throw new EngineError(
    'LIBVIRT_UNAVAILABLE',
    'libvirt knows no QEMU for x86_64; install it (Debian: qemu-system-x86)',
  )
}

/** Model and feature flags of the host's CPU: a clone under KVM needs the very same. */
async function hostCpu(): Promise<string> {
  const info = await readFile('/proc/cpuinfo', 'utf8')
  const flags = /^flags\s*:\s*(.*)$/m.exec(info)?.[1] ?? ''
  return `${cpus()[0]?.model ?? 'unknown'} ${createHash('sha256').update(flags).digest('hex').slice(0, 16)}`
}

class LibvirtHypervisor implements Hypervisor {
  readonly facts: HypervisorFacts
  readonly #connection: Connection
  readonly #owner: string
  readonly #shares = new HostShares()
  readonly #onStopped = new Set<(event: VmStopped) => void>()

  constructor(connection: Connection, facts: HypervisorFacts, owner: string) {
    this.#connection = connection
    this.#owner = owner
    this.facts = facts
  }

  /** Ends what an engine that was killed left half made: the embedded driver's transient VMs outlive it. */
  async sweep(): Promise<void> {
    if (!isEmbedded(this.facts.uri)) return
    for (const domain of await explained('list the VMs', this.#connection.list())) {
      // One that ends by itself meanwhile is no longer there to be asked.
      const transient = await domain.isPersistent().then((persistent) => !persistent, () => false) // prettier-ignore
      if (transient) await new LibvirtMachine(domain, this.#owner, this.#shares).destroyLeft()
    }
  }

  async define(spec: VmSpec): Promise<VirtualMachine> {
    const xml = domainXml(spec, this.facts, this.#owner)
    const domain = await explained('define the VM', this.#connection.defineXML(xml))
    return new LibvirtMachine(domain, this.#owner, this.#shares, spec)
  }

  async createTransient(spec: VmSpec): Promise<VirtualMachine> {
    const xml = domainXml(spec, this.facts)
    // The embedded driver refuses the flag; `sweep` does its work.
    const autodestroy = !isEmbedded(this.facts.uri)
    const call = this.#connection.createXML(xml, { paused: true, autodestroy })
    const vm = new LibvirtMachine(await explained('start the VM', call), this.#owner, this.#shares, spec)
    await vm.assertGuarded()
    return vm
  }

  async list(): Promise<{ vm: VirtualMachine; record: string; state: VmState }[]> {
    const domains = await explained('list the VMs', this.#connection.list())
    const entries = await Promise.all(
      domains.map(async (domain) => {
        const record = await recordOf(domain, this.#owner)
        if (record === undefined) return []
        const vm = new LibvirtMachine(domain, this.#owner, this.#shares)
        return [{ vm, record, state: await vm.state() }]
      }),
    )
    return entries.flat()
  }

  async listen(): Promise<void> {
    await this.#connection.onLifecycle(({ event, domain, detail }) => {
      if (event !== 'stopped') return
      for (const listener of this.#onStopped) listener({ uuid: domain.uuid, reason: detail })
    })
  }

  onStopped(listener: (event: VmStopped) => void): () => void {
    this.#onStopped.add(listener)
    return () => this.#onStopped.delete(listener)
  }

  unenforced(limits: VmLimits): Promise<string[]> {
    return this.#shares.lacking(limits)
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}

function isEmbedded(uri: string): boolean {
  return uri.includes(':///embed')
}

/** The record in a domain's metadata; undefined for a domain that is not ours. */
async function recordOf(domain: Domain, owner: string): Promise<string | undefined> {
  try {
    const xml = await domain.metadata('element', RECORD_URI, { config: true })
    const record = decodeRecord(xml)
    return record.owner === owner ? record.text : undefined
  } catch {
    // No metadata of ours, transient, or gone since it was listed.
    return undefined
  }
}
