import { join } from 'node:path'

/** The switch's program; the digest of its sources lies beside it, in `version`. Where the engine is bundled, so are they. */
export const SWITCH = join(import.meta.dirname, 'out/switch')
