import { createHash } from 'node:crypto'
import { guardEnvironment } from './guard.ts'
import type { HypervisorFacts, Share, VmSpec } from './virtual-machine.ts'
import { Element } from './xml.ts'

/**
 * Features with which guests move and clear memory by one instruction for all bytes, which QEMU emulates byte by byte:
 * without them they take words, six times as fast (decision 53).
 */
const SLOW_UNDER_TCG = ['erms', 'fsrm']

export const RECORD_URI = 'https://ramet.dev/xmlns/container/1'
export const RECORD_KEY = 'ramet'
const QEMU_URI = 'http://libvirt.org/schemas/domain/qemu/1.0'
const MIB = 1024 * 1024

/** PCI slot of the image, far from what libvirt numbers by itself. */
const IMAGE_SLOT = '0x1e'

/** What NIC 0 has in every template; each guest is then given another. */
const NAT_MAC = '52:54:00:72:61:6d'

type XmlFacts = Pick<HypervisorFacts, 'qemuVersion'>
/** Without what a device state does not depend on. */
type HardwareSpec = Omit<VmSpec, 'guardFile'> & Partial<Pick<VmSpec, 'guardFile'>>

/**
 * The domain of a VM. What libvirt's XML can say is said there; the rest goes to QEMU's command line, where a later
 * option wins over libvirt's own. User text never stands here: the record is base64.
 */
export function domainXml(spec: HardwareSpec, facts: XmlFacts, owner = ''): string {
  const { hardware } = spec
  const kvm = hardware.accelerator === 'kvm'
  const document = new Element('domain', { type: kvm ? 'kvm' : 'qemu', 'xmlns:qemu': QEMU_URI })
  document.ele('name').txt(spec.name)
  document.ele('uuid').txt(spec.uuid)
  if (spec.title) document.ele('title').txt(spec.title)
  if (spec.record !== undefined) {
    document
      .ele('metadata')
      .ele(`${RECORD_KEY}:record`, { [`xmlns:${RECORD_KEY}`]: RECORD_URI })
      .txt(encodeRecord({ owner, text: spec.record }))
  }
  document.ele('memory', { unit: 'b' }).txt(String(hardware.memoryBytes))
  document.ele('vcpu').txt(String(hardware.vcpus))
  const os = document.ele('os')
  os.ele('type', { arch: 'x86_64', machine: 'pc' }).txt('hvm')
  // A clone runs what is in its RAM: QEMU would read all of the kernel into memory of its own for nothing.
  os.ele('kernel').txt(spec.ramFile ? hardware.kernel.vmlinuzHead : hardware.kernel.vmlinuz)
  os.ele('initrd').txt(hardware.kernel.initrd)
  os.ele('cmdline').txt(hardware.kernel.cmdline)
  const features = document.ele('features')
  features.ele('acpi')
  features.ele('apic')
  features.ele('vmport', { state: 'off' })
  document.ele('genid')
  const cpu = document.ele('cpu', kvm ? { mode: 'host-passthrough', check: 'none' } : { mode: 'maximum' })
  for (const name of kvm ? [] : SLOW_UNDER_TCG) cpu.ele('feature', { policy: 'disable', name })
  cpu.ele('topology', { sockets: '1', cores: String(hardware.vcpus), threads: '1' })
  document.ele('on_poweroff').txt('destroy')
  document.ele('on_reboot').txt('destroy')
  document.ele('on_crash').txt('destroy')

  const devices = document.ele('devices')
  const disk = devices.ele('disk', { type: 'file', device: 'disk' })
  disk.ele('driver', { name: 'qemu', type: 'qcow2', cache: 'writeback', discard: 'unmap' })
  disk.ele('source', { file: spec.disk })
  let above = disk
  for (const file of spec.diskLayers ?? []) {
    above = above.ele('backingStore', { type: 'file' })
    above.ele('format', { type: 'qcow2' })
    above.ele('source', { file })
  }
  const backing = above.ele('backingStore', { type: 'file' })
  backing.ele('format', { type: 'raw' })
  backing.ele('source', { file: hardware.goldenDisk })
  backing.ele('backingStore')
  disk.ele('target', { dev: 'vda', bus: 'virtio' })
  devices.ele('controller', { type: 'usb', model: 'none' })
  devices.ele('controller', { type: 'virtio-serial', index: '0' })
  const nic = devices.ele('interface', { type: 'user' })
  nic.ele('mac', { address: NAT_MAC })
  nic.ele('model', { type: 'virtio' })
  nic.ele('rom', { enabled: 'no' })
  const agent = devices.ele('channel', { type: 'unix' })
  agent.ele('source', { mode: 'bind', path: spec.agentSocket })
  agent.ele('target', { type: 'virtio', name: 'ramet.agent.0' })
  devices.ele('rng', { model: 'virtio' }).ele('backend', { model: 'random' }).txt('/dev/urandom')
  devices.ele('memballoon', { model: 'none' })
  devices.ele('audio', { id: '1', type: 'none' })
  const commandline = document.ele('qemu:commandline')
  for (const value of commandLine(spec, facts)) commandline.ele('qemu:arg', { value })
  const environment = spec.guardFile ? guardEnvironment(spec.guardFile) : {}
  for (const [name, value] of Object.entries(environment)) commandline.ele('qemu:env', { name, value })
  return document.toString()
}

function commandLine(spec: HardwareSpec, facts: XmlFacts): string[] {
  const { hardware } = spec
  const memory = Math.floor(hardware.memoryBytes / MIB)
  // Room for the image beside the RAM, in whole GiB as QEMU's slots want it.
  const maximum = memory + Math.ceil(hardware.image.bytes / (1024 * MIB)) * 1024 + 1024
  const ram = spec.ramFile
    ? `memory-backend-file,id=ram,size=${memory}M,mem-path=${escape(spec.ramFile)},share=off${privateFile(facts)}`
    : `memory-backend-ram,id=ram,size=${memory}M,share=off`
  const console = spec.consoleFile
    ? `file,id=console,path=${escape(spec.consoleFile)},append=on`
    : 'ringbuf,id=console,size=65536'
  return [
    ...['-object', ram],
    ...['-machine', 'memory-backend=ram'],
    ...['-m', `size=${memory}M,slots=1,maxmem=${maximum}M`],
    ...[
      '-object',
      `memory-backend-file,id=image,size=${hardware.image.bytes},mem-path=${escape(hardware.image.path)},share=on,readonly=on`,
    ],
    ...device({ driver: 'virtio-pmem-pci', memdev: 'image', addr: IMAGE_SLOT }),
    ...['-chardev', console],
    ...device({ driver: 'isa-serial', chardev: 'console', index: 0 }),
    ...['-chardev', `file,id=log,path=${escape(spec.logFile)},append=on`],
    ...device({
      driver: 'virtserialport',
      chardev: 'log',
      name: 'ramet.log.0',
      bus: 'virtio-serial0.0',
      nr: 2,
    }),
    ...(spec.monitorSocket ? ownMonitor(spec.monitorSocket) : []),
    ...(spec.shares ?? []).flatMap(share),
    ...(spec.ramFile ? ['-incoming', 'defer'] : []),
  ]
}

function ownMonitor(path: string): string[] {
  return [
    ...['-chardev', `socket,id=own-monitor,path=${escape(path)}`],
    ...['-mon', 'chardev=own-monitor,mode=control'],
  ]
}

/** What a 9p device is later plugged onto. Files of several file systems keep inode numbers of their own. */
function share({ id, path, model, readOnly }: Share): string[] {
  const readonly = readOnly ? ',readonly=on' : ''
  return ['-fsdev', `local,id=${id},path=${escape(path)},security_model=${model},multidevs=remap${readonly}`]
}

/** In JSON, as libvirt writes its own: QEMU makes those in their order, and the others before them all. */
function device(properties: object): string[] {
  return ['-device', JSON.stringify(properties)]
}

/** QEMU from 8.2 on opens a private file read-only when told so; before, it needs write access that it never uses. */
function privateFile(facts: XmlFacts): string {
  const [major = 0, minor = 0] = facts.qemuVersion.split('.').map(Number)
  return major > 8 || (major === 8 && minor >= 2) ? ',readonly=on,rom=off' : ''
}

/** In QEMU's option strings a comma is doubled. */
function escape(path: string): string {
  return path.replaceAll(',', ',,')
}

/** What a domain's metadata holds: the record, and whose it is. */
export interface OwnedRecord {
  /** Folder of the engine's files. */
  owner: string
  text: string
}

export function encodeRecord(record: OwnedRecord): string {
  return Buffer.from(JSON.stringify(record)).toString('base64')
}

/** Of the metadata's element. Throws SyntaxError where it holds something else. */
export function decodeRecord(element: string): OwnedRecord {
  const text = element.replace(/<[^>]*>/g, '').trim()
  return JSON.parse(Buffer.from(text, 'base64').toString()) as OwnedRecord
}

/**
 * Digest of everything that a VM's device state depends on: the hardware as written in its XML, with each VM's own
 * names taken out, and the versions of what reads that XML. Two VMs of equal digest can load each other's state.
 */
export function hardwareDigest(
  hardware: VmSpec['hardware'],
  identity: object,
  facts: HypervisorFacts,
): string {
  const own = {
    name: 'x',
    uuid: '00000000-0000-0000-0000-000000000000',
    disk: '/disk',
    agentSocket: '/agent',
  }
  const neutral = {
    ...hardware,
    kernel: {
      vmlinuz: '/vmlinuz',
      vmlinuzHead: '/vmlinuz-head',
      initrd: '/initrd',
      cmdline: hardware.kernel.cmdline,
    },
    image: { path: '/image', bytes: hardware.image.bytes },
    goldenDisk: '/golden',
  }
  const xml = domainXml({ ...own, hardware: neutral, logFile: '/log', ramFile: '/ram' }, facts)
  const { accelerator, libvirtVersion, qemuVersion, cpuModel } = facts
  const all = { xml, identity, accelerator, libvirtVersion, qemuVersion, cpuModel }
  return createHash('sha256').update(JSON.stringify(all)).digest('hex')
}
