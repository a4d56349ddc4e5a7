import type { Accelerator } from '../../../contract/ramet.ts'

/** First version whose software emulation notices every write of a guest that runs while it is migrated. */
const FIXED_MAJOR = 9

/**
 * False where the VM must stand still for the whole migration, not only for its end. QEMU before 9.0, emulating, clears
 * the marks of written pages without emptying the emulated TLB, so pages that the guest goes on writing are lost from
 * the stream and the RAM file is a mixture of moments. (Seen on 7.2.22, each time; never with KVM's own tracking.)
 */
export function tracksWrites(accelerator: Accelerator, qemuVersion: string): boolean {
  return accelerator !== 'tcg' || Number.parseInt(qemuVersion, 10) >= FIXED_MAJOR
}
