import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { connect, LibvirtError, type Connection } from './index.ts'

/** libvirt's mock driver: what the binding is tested on without a VM. */

/** The smallest domain that the mock driver takes, with one disk, `vda`. */
export function domainXml(name: string, uuid = randomUUID()): string {
  return `<domain type='test'>
    <name>${name}</name>
    <uuid>${uuid}</uuid>
    <memory unit='KiB'>65536</memory>
    <os><type arch='i686'>hvm</type></os>
    <devices>
      <disk type='file' device='disk'><source file='/none'/><target dev='vda' bus='virtio'/></disk>
    </devices>
  </domain>`
}

/** A mock host of its own, with no domain but the given. */
export interface Host extends AsyncDisposable {
  uri: string
  /** Each has the host as the file says: connections to a file share nothing. */
  open(): Promise<Connection>
}

/** Writes the file of a mock host. Everything goes when it is disposed of. */
export async function mockHost(domains: string[] = []): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'ramet-libvirt-'))
  const file = join(folder, 'host.xml')
  await writeFile(file, `<node>${domains.join('')}</node>`)
  const uri = `test://${file}`
  const opened: Connection[] = []
  return {
    uri,
    async open() {
      const connection = await connect(uri)
      opened.push(connection)
      return connection
    },
    async [Symbol.asyncDispose]() {
      for (const connection of opened) await connection.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** The LibvirtError that the call rejects with; fails where it does anything else. */
export async function failure(call: Promise<unknown>): Promise<LibvirtError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome && outcome.error instanceof LibvirtError) return outcome.error
  throw new Error('expected a LibvirtError', { cause: 'error' in outcome ? outcome.error : outcome.value })
}
