import type { BootLog } from '../../contract/boot-log.ts'
import type { VirtualMachine } from '../hypervisor/virtual-machine.ts'

/** What is kept of what a machine said: QEMU gives each letter once. */
const KEPT = 64 * 1024

interface BootLogDependencies {
  find(idOrName: string): {
    running: boolean
    record: { run: number; templateId: string }
    vm?: Pick<VirtualMachine, 'console'>
  }
  /** Of the template of that id; empty where it is gone. */
  ofTemplate(id: string): Promise<string>
}

/** What guests say on their consoles. */
export class BootLogs {
  readonly #the: BootLogDependencies
  /** By container, for as long as its run goes on. */
  readonly #said = new WeakMap<object, { run: number; text: string }>()

  constructor(dependencies: BootLogDependencies) {
    this.#the = dependencies
  }

  async of(idOrName: string): Promise<BootLog> {
    const container = this.#the.find(idOrName)
    const { running, record, vm } = container
    const template = record.templateId === '' ? '' : await this.#the.ofTemplate(record.templateId)
    if (!running || !vm) {
      this.#said.delete(container)
      return { template, machine: '' }
    }
    const more = await vm.console()
    const before = this.#said.get(container)
    const text = ((before?.run === record.run ? before.text : '') + more).slice(-KEPT)
    this.#said.set(container, { run: record.run, text })
    return { template, machine: text }
  }
}
