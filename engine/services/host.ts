import { cpus, hostname, release, totalmem } from 'node:os'
import type { DoctorReport, HostInfo } from '../../contract/ramet.ts'
import type { HypervisorFacts } from '../hypervisor/virtual-machine.ts'
import { examine } from './doctor.ts'
import type { Kit } from './kit.ts'

interface HostDependencies {
  facts: HypervisorFacts
  kit: Kit
  engineVersion: string
  dataDir: string
}

/** The machine that the engine runs on. */
export class HostService {
  readonly #the: HostDependencies

  constructor(dependencies: HostDependencies) {
    this.#the = dependencies
  }

  async info(): Promise<HostInfo> {
    const { facts, kit, engineVersion, dataDir } = this.#the
    return {
      accelerator: facts.accelerator,
      acceleratorReason: facts.acceleratorReason,
      libvirtUri: facts.uri,
      libvirtVersion: facts.libvirtVersion,
      qemuVersion: facts.qemuVersion,
      kit: kit.id,
      kernel: kit.kernelVersion,
      engineVersion,
      pid: process.pid,
      home: dataDir,
    }
  }

  doctor(): Promise<DoctorReport> {
    return examine(this.#the.facts, this.#the.dataDir)
  }

  resources() {
    return {
      memoryBytes: totalmem(),
      cpus: cpus().length,
      kernel: release(),
      os: 'Linux',
      hostname: hostname(),
    }
  }
}
