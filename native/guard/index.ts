import { join } from 'node:path'

/** What QEMU loads so that no guest reaches the workstation's loopback. Where the engine is bundled, so is it. */
export const GUARD = join(import.meta.dirname, 'out/guard.so')
