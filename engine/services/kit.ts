import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../contract/errors.ts'
import type { Kernel } from '../hypervisor/virtual-machine.ts'

/** What every VM boots: the kernel, and an initrd with the agent. */
export interface Kit {
  id: string
  kernelVersion: string
  kernel: Kernel
}

interface KitFile {
  id: string
  kernel: string
  cmdline: string
}

/** Reads the guest kit in `folder`. Rejects with KIT_MISSING. */
export async function openKit(folder: string): Promise<Kit> {
  try {
    // The link moves to another kit when the checkout changes; running VMs keep to theirs.
    const real = await realpath(folder)
    const facts = JSON.parse(await readFile(join(real, 'kit.json'), 'utf8')) as KitFile
    return {
      id: facts.id,
      kernelVersion: facts.kernel,
      kernel: {
        vmlinuz: join(real, 'vmlinuz'),
        vmlinuzHead: join(real, 'vmlinuz-head'),
        initrd: join(real, 'initrd'),
        cmdline: facts.cmdline,
      },
    }
  } catch (error) {
    throw new EngineError(
      'KIT_MISSING',
      `there is no guest kit in ${folder}; run build/bootstrap.sh, which builds it`,
      {
        cause: error,
      },
    )
  }
}
