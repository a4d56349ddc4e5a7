import { createReadStream } from 'node:fs'
import { connect } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { EngineError } from '../../contract/errors.ts'
import { qmp, type Monitor } from './qmp.ts'

const POLL_MS = 3
/** Loading a device state takes milliseconds; a VM that has it and does not say so hangs. */
const SETTLE_MS = 60_000

interface MigrateInfo {
  status?: string
  downtime?: number
  'error-desc'?: string
}

/** Leaves RAM that is a shared mapping, the image, out of the stream. */
async function ignoreShared(monitor: Monitor): Promise<void> {
  await qmp(monitor, 'migrate-set-capabilities', {
    capabilities: [{ capability: 'x-ignore-shared', state: true }],
  })
}

/** Starts an outgoing migration to a unix socket that somebody listens on. */
export async function migrateTo(monitor: Monitor, socketPath: string): Promise<void> {
  await ignoreShared(monitor)
  // The stream goes to this machine's page cache: QEMU's limit for slow networks would only stretch the freeze.
  await qmp(monitor, 'migrate-set-parameters', { 'max-bandwidth': 2 ** 40 })
  await qmp(monitor, 'migrate', { uri: `unix:${socketPath}` })
}

/** Waits for the end of a migration, out or in. */
export async function settled(monitor: Monitor, signal?: AbortSignal): Promise<{ downtimeMs: number }> {
  for (;;) {
    signal?.throwIfAborted()
    const info = await qmp<MigrateInfo>(monitor, 'query-migrate')
    if (info.status === 'completed') return { downtimeMs: info.downtime ?? 0 }
    if (info.status === 'failed' || info.status === 'cancelled') {
      throw new EngineError(
        'QEMU_ERROR',
        `the migration ${info.status}: ${info['error-desc'] ?? 'QEMU gave no reason'}`,
      )
    }
    await delay(POLL_MS)
  }
}

/** Loads a device state into a VM that waits for it (`-incoming defer`). */
export async function restore(monitor: Monitor, stateFile: string, socketPath: string): Promise<void> {
  await ignoreShared(monitor)
  await qmp(monitor, 'migrate-incoming', { uri: `unix:${socketPath}` })
  const socket = connect(socketPath)
  try {
    await pipeline(createReadStream(stateFile, { highWaterMark: 1 << 20 }), socket)
  } catch (error) {
    // QEMU closes the socket once it has what it needs, or refuses it: its own account tells which, the socket cannot.
    const { code } = error as NodeJS.ErrnoException
    if (!['ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ECONNRESET'].includes(code ?? '')) throw error
  }
  await settled(monitor, AbortSignal.timeout(SETTLE_MS))
}
