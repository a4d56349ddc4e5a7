import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { connect, LibvirtError, type Connection } from './index.ts'

/** What index.ts is the front of. */
export const native = createRequire(import.meta.url)('./out/libvirt.node') as Record<
  string,
  (...args: unknown[]) => Promise<unknown>
>

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

export interface ChildResult {
  /** Null where it had to be killed. */
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a module in a Node of its own, with `connect` in scope; kills it when it has not ended after 20 s. */
export function child(source: string, flags: string[] = []): Promise<ChildResult> {
  const whole = `import { connect } from ${JSON.stringify(import.meta.resolve('./index.ts'))}\n${source}`
  return new Promise((resolve, reject) => {
    const args = [...flags, '--input-type=module', '-e', whole]
    const node = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 })
    let [stdout, stderr] = ['', '']
    node.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    node.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    node.once('error', reject)
    node.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** For a child: a daemon that takes connections and never answers. `connect(hung)` waits in libvirt for good. */
export const HANG = `
import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
const folder = mkdtempSync(tmpdir() + '/ramet-hang-')
process.once('exit', () => rmSync(folder, { recursive: true }))
const server = createServer()
const called = new Promise((resolve) => server.on('connection', (socket) => resolve(socket.unref())))
await new Promise((resolve) => server.listen(folder + '/socket', resolve))
server.unref()
const hung = 'test+unix:///default?socket=' + folder + '/socket'
`
