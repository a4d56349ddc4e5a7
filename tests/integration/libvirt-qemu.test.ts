import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, LibvirtError, type Connection, type Domain } from '../../native/libvirt/index.ts'

/**
 * The binding on a real QEMU: one VM without an operating system, under software emulation, through its whole life. The
 * steps are in order, each where the one before left the VM.
 */
const METADATA_URI = 'https://ramet.dev/test/1'
const name = `ramet-test-${randomUUID()}`
const isRoot = process.getuid!() === 0
let folder: string
let uri: string
let connection: Connection
let domain: Domain
const lifecycle: string[] = []
const monitor: { event: string; details: string; seconds: number; domain: { name: string } }[] = []

const DOMAIN = `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <devices>
    <controller type='usb' model='qemu-xhci'/>
    <memballoon model='none'/>
    <audio id='1' type='none'/>
  </devices>
</domain>`

function disk(file: string, target: string, bus: string): string {
  return `<disk type='file' device='disk'>
    <driver name='qemu' type='raw'/><source file='${join(folder, file)}'/><target dev='${target}' bus='${bus}'/>
  </disk>`
}

/** Runs a module with `connect`, `uri`, `xml` in scope in a process of its own; answers what it printed. */
async function elsewhere(source: string): Promise<string> {
  const index = import.meta.resolve('../../native/libvirt/index.ts')
  const whole = `import { connect } from ${JSON.stringify(index)}
    const [uri, xml] = ${JSON.stringify([uri, DOMAIN])}
    ${source}`
  const node = spawn(process.execPath, ['--input-type=module', '-e', whole], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  node.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const [code] = (await once(node, 'close')) as [number]
  expect(code).toBe(0)
  return printed
}

async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await happened())) await delay(20)
}

beforeAll(async () => {
  folder = await mkdtemp('/tmp/ramet-qemu-')
  await writeFile(join(folder, 'boot.raw'), Buffer.alloc(1024 * 1024))
  await writeFile(join(folder, 'usb.raw'), Buffer.alloc(1024 * 1024))
  uri = isRoot ? `qemu:///embed?root=${folder}` : 'qemu:///session'
  if (!isRoot) return
  await mkdir(join(folder, 'etc'))
  const config = `stdio_handler = "file"\nsecurity_driver = "none"\nuser = "+0"\ngroup = "+0"\ndynamic_ownership = 0\nremember_owner = 0\n`
  await writeFile(join(folder, 'etc', 'qemu.conf'), config)
})

afterAll(async () => {
  connection ??= await connect(uri)
  const left = await connection.lookupByName(name).catch(() => undefined)
  if (await left?.isActive()) await left?.destroy()
  await left?.undefine()
  await connection.close()
  await rm(folder, { recursive: true })
})

test('a process defines a VM, starts it paused, notes something on it, and ends without a word', async () => {
  const printed = await elsewhere(`
    const connection = await connect(uri)
    const domain = await connection.defineXML(xml)
    await domain.setMetadata('element', '<note>of another process</note>', 'own', ${JSON.stringify(METADATA_URI)})
    await domain.create({ paused: true })
    console.log((await domain.state()).state, await domain.isActive())
    process.exit(0)
  `)
  expect(printed).toBe('paused true\n')
})

test('another connection finds the VM as it was left', async () => {
  connection = await connect(uri)
  domain = await connection.lookupByName(name)
  expect((await domain.state()).state).toBe('paused')
  expect(await domain.id()).toBeGreaterThan(0)
  expect(await domain.metadata('element', METADATA_URI)).toBe('<note>of another process</note>')
  expect(await domain.metadata('element', METADATA_URI, { config: true })).toContain('of another process')
  const second = await connect(uri)
  expect(await (await second.lookupByUUID(domain.uuid)).metadata('element', METADATA_URI)).toContain(
    'another',
  )
  await second.close()
  expect((await connection.version()).hypervisor).toMatch(/^\d+\.\d+\.\d+$/)
  const capabilities = await connection.domainCapabilities({ arch: 'x86_64', machine: 'pc', type: 'qemu' })
  expect(capabilities).toContain('<domain>qemu</domain>')
})

test('the monitor answers QMP and HMP, and refuses what is neither', async () => {
  const status = JSON.parse(await domain.monitorCommand('{"execute":"query-status"}')) as { return: object }
  expect(status.return).toMatchObject({ running: false, status: 'prelaunch' })
  expect(await domain.monitorCommand('info status', { hmp: true })).toMatch(/^VM status: paused/)
  // QEMU's own refusal is an answer, not an error of libvirt.
  const unknown = JSON.parse(await domain.monitorCommand('{"execute":"nonsense"}')) as {
    error: { class: string }
  }
  expect(unknown.error.class).toBe('CommandNotFound')
  const malformed = await domain.monitorCommand('{').catch((error: unknown) => error)
  expect(malformed).toBeInstanceOf(LibvirtError)
  expect(malformed).toMatchObject({ symbol: 'VIR_ERR_INTERNAL_ERROR', level: 2 })
})

test('a disk is attached before the start, and its statistics count what the firmware reads', async () => {
  await domain.attachDevice(disk('boot.raw', 'vda', 'virtio'), { live: true })
  expect(await domain.xml()).toContain(`<target dev='vda' bus='virtio'/>`)
  expect(await domain.xml({ inactive: true })).not.toContain('vda')
  expect(await domain.blockStats('vda')).toMatchObject({ readRequests: 0, readBytes: 0, writeBytes: 0 })
  await connection.onLifecycle((event) => {
    if (event.domain.uuid === domain.uuid) lifecycle.push(`${event.event} ${event.detail}`)
  })
  // An ordinary user's daemon tells of the VMs of every engine.
  await connection.onMonitorEvent((event) => {
    if (event.domain.uuid === domain.uuid) monitor.push(event)
  })
  await domain.resume()
  await until(async () => (await domain.blockStats('vda')).readBytes >= 512)
  const { readRequests, readBytes, writeBytes } = await domain.blockStats('vda')
  expect(readRequests).toBeGreaterThan(0)
  expect(readBytes % 512).toBe(0)
  expect(writeBytes).toBe(0)
})

test('a device is attached to the running VM, and detached', async () => {
  const usb = disk('usb.raw', 'sda', 'usb')
  await domain.attachDevice(usb, { live: true })
  expect(await domain.xml()).toContain(`<target dev='sda' bus='usb'/>`)
  await domain.detachDevice(usb, { live: true })
  await until(async () => !(await domain.xml()).includes('sda'))
  await until(() => monitor.some(({ event }) => event === 'DEVICE_DELETED'))
  const again = await domain.detachDevice(usb, { live: true }).catch((error: unknown) => error)
  expect(again).toMatchObject({ name: 'LibvirtError', symbol: 'VIR_ERR_DEVICE_MISSING' })
})

test('monitor events carry the words of QEMU, and can be of one name alone', async () => {
  const resets: string[] = []
  const end = await connection.onMonitorEvent((event) => {
    if (event.domain.uuid === domain.uuid) resets.push(event.event)
  }, 'RESET')
  await domain.suspend()
  await domain.reset()
  await until(() => resets.length > 0 && monitor.some(({ event }) => event === 'RESET'))
  end()
  await domain.reset()
  await until(() => monitor.filter(({ event }) => event === 'RESET').length === 2)
  expect(resets).toEqual(['RESET'])
  const order = monitor
    .map(({ event }) => event)
    .filter((event) => ['RESUME', 'STOP', 'RESET'].includes(event))
  expect(order).toEqual(['RESUME', 'STOP', 'RESET', 'RESET'])
  const reset = monitor.find(({ event }) => event === 'RESET')!
  expect(reset.domain.name).toBe(name)
  expect(JSON.parse(reset.details)).toMatchObject({ guest: false })
  expect(reset.seconds).toBeGreaterThan(1_600_000_000)
})

test('calls side by side on one VM are all answered', async () => {
  const calls = Array.from({ length: 40 }, (_, at) =>
    at % 2 ? domain.monitorCommand('info status', { hmp: true }) : domain.state().then(({ state }) => state),
  )
  for (const answer of await Promise.all(calls)) expect(answer).toMatch(/paused/)
})

test('destroy ends QEMU, undefine the VM, and each is told in order', async () => {
  const runtime = isRoot
    ? join(folder, 'run', 'qemu')
    : join(process.env['XDG_RUNTIME_DIR']!, 'libvirt', 'qemu', 'run')
  const pid = Number(await readFile(join(runtime, `${name}.pid`), 'utf8'))
  expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).toContain(name)
  await domain.destroy()
  expect(await domain.state()).toEqual({ state: 'shutoff', reason: 2 })
  await expect(readFile(`/proc/${pid}/cmdline`)).rejects.toThrow(/ENOENT/)
  const off = await domain.monitorCommand('info status', { hmp: true }).catch((error: unknown) => error)
  expect(off).toMatchObject({
    symbol: 'VIR_ERR_OPERATION_INVALID',
    message: expect.stringContaining('not running'),
  })
  await domain.undefine()
  await until(() => lifecycle.includes('undefined removed'))
  const told = ['resumed unpaused', 'suspended paused', 'stopped destroyed', 'undefined removed']
  expect(lifecycle.filter((words) => words !== 'shutdown host')).toEqual(told)
  expect(await connection.lookupByName(name).catch((error: LibvirtError) => error.symbol)).toBe(
    'VIR_ERR_NO_DOMAIN',
  )
})
