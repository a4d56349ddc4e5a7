import type { Accelerator } from '../../contract/ramet.ts'
import type { DiskRates } from './disk-throttle.ts'
import type { HostShare } from './host-share.ts'
import type { ActiveDisk, DiskChain } from './live-disk.ts'
import type { LiveFreezeOptions, LiveFrozen } from './live-freeze.ts'
import type { Plugged } from './plugged.ts'

export type { ActiveDisk, DiskChain, LiveFreezeOptions, LiveFrozen, Plugged }

/** What every VM boots: files, and the kernel's command line. */
export interface Kernel {
  vmlinuz: string
  /** Its first 64 KiB, for VMs that never boot. */
  vmlinuzHead: string
  initrd: string
  cmdline: string
}

/** What every VM of one template has in common, byte for byte: its hardware. */
export interface Hardware {
  accelerator: Accelerator
  /** Guest RAM in bytes, a multiple of 1 MiB. */
  memoryBytes: number
  vcpus: number
  kernel: Kernel
  /** The image as one erofs file; `bytes` is its size, a multiple of 2 MiB. */
  image: { path: string; bytes: number }
  /** The empty, formatted raw disk under every writable disk. */
  goldenDisk: string
}

/** A folder of the workstation that a VM gets, as a 9p device plugged in before it runs. */
export interface Share {
  /** Name of the device, and the tag by which the guest finds it. */
  id: string
  path: string
  /** How owners and modes are kept: as they are, as they are where that can be, or beside the file. */
  model: 'passthrough' | 'none' | 'mapped-xattr'
  readOnly: boolean
}

/** A disk that a VM gets besides its own, plugged in before it runs; QEMU's lock keeps it from any other VM. */
export interface PluggedDisk {
  /** Name of the device, and the serial number by which the guest finds it. */
  id: string
  /** A raw file. */
  path: string
  readOnly: boolean
}

/** What is a VM's own. Paths are absolute; unix sockets must fit in 107 bytes. */
export interface VmSpec {
  name: string
  uuid: string
  title?: string
  hardware: Hardware
  /** The template's RAM file, mapped copy-on-write. Absent: the VM boots cold on anonymous memory. */
  ramFile?: string
  /** qcow2 over the golden disk, or over `diskLayers`. */
  disk: string
  /** Each is plugged in with `plugShare`. */
  shares?: Share[]
  /** qcow2 files between the disk and the golden one, the uppermost first. */
  diskLayers?: string[]
  agentSocket: string
  /** Names the ports of the host that the guest may reach; what QEMU's guard reads (engine/hypervisor/guard.ts). */
  guardFile: string
  /** Where the engine waits for QEMU's own monitor as it starts; absent: only libvirt's is there. */
  monitorSocket?: string
  /** Where QEMU appends what the guest writes to its log port. */
  logFile: string
  /** Where QEMU appends the guest's console; absent: a bounded ring in QEMU's memory. */
  consoleFile?: string
  /** Kept in the domain's metadata. */
  record?: string
}

export type VmState = 'running' | 'paused' | 'off'

/** A published port: what SLIRP listens on, on the host, for the guest. */
export interface PortForward {
  protocol: 'tcp' | 'udp'
  hostIp: string
  hostPort: number
  guestPort: number
}

/** What the host holds a VM to, whatever its guest does. */
export interface VmLimits extends HostShare {
  disk: DiskRates
}

/** A NIC that is plugged into a VM that may run. */
export interface Nic {
  /** Unlike any that the VM had before. */
  id: string
  mac: string
  /** Where QEMU gets frames; it makes the socket. */
  ownSocket: string
  /** Where it sends them. */
  peerSocket: string
}

/** What QEMU's sockets carried for the guest through the NAT, without headers. */
export interface NatCounters {
  sentBytes: number
  receivedBytes: number
  /** Datagrams that its rate lost. */
  dropped: number
}

/** One VM. Every call is asynchronous; failures are EngineErrors. */
export interface VirtualMachine {
  readonly name: string
  readonly uuid: string
  state(): Promise<VmState>
  /** The process of the running VM. */
  pid(): Promise<number>
  /**
   * Starts the defined VM with its CPUs stopped; a clone then waits for `restore`. Resolves once QEMU can be spoken to:
   * libvirt goes on asking it for a while, and lets it run then, if nobody did before.
   */
  createPaused(): Promise<void>
  /** Resolves once libvirt has done its part of the start. Rejects where it gave up; the VM has then ended. */
  created(): Promise<void>
  resume(): Promise<void>
  suspend(): Promise<void>
  /** Ends the VM's process at once; nothing to do where it is off. */
  destroy(): Promise<void>
  /**
   * The same for one that an engine before this one left: where that was killed amid a start, libvirt would go on waiting
   * for QEMU, and let nobody end it meanwhile.
   */
  destroyLeft(): Promise<void>
  /** Forgets the VM, its record with it. */
  undefine(): Promise<void>
  record(): Promise<string>
  saveRecord(record: string): Promise<void>
  /** Starts an outgoing migration to a listening unix socket, guest RAM that is shared left out. */
  migrateTo(socketPath: string): Promise<void>
  /** Waits until the migration under way has ended; answers how long the guest stood still, in milliseconds. */
  migrated(signal?: AbortSignal): Promise<{ downtimeMs: number }>
  /** Gives up a migration; the guest goes on. */
  cancelMigration(): Promise<void>
  /** Loads a device state through QEMU's incoming socket at `socketPath`. */
  restore(stateFile: string, socketPath: string): Promise<void>
  /** Cuts the NIC of the NAT off, outside the guest, or joins it again. */
  setNatLink(up: boolean): Promise<void>
  /** Names the ports of the workstation's loopback that the guest may reach. */
  nameHostPorts(ports: number[]): Promise<void>
  /** Holds the NAT of the running VM to so many bits a second each way; undefined: to none. */
  setNatRate(bitsPerSecond: number | undefined): Promise<void>
  /** Of the running VM, since it came up. */
  natCounters(): Promise<NatCounters>
  /** Plugs in the device of one of its shares; QEMU opens the folder now, once. */
  plugShare(id: string): Promise<void>
  /** Shares and NICs that were plugged into the running VM. */
  plugged(): Promise<Plugged[]>
  /** Before `restore`, of what the frozen VM had; a NIC leads nowhere. */
  replug(device: Plugged): Promise<void>
  /** The guest is given a while to let go of it. */
  unplug(id: string): Promise<void>
  /** Rejects with CONFLICT while another VM has the disk. */
  plugDisk(disk: PluggedDisk): Promise<void>
  addNic(nic: Nic): Promise<void>
  /** The NIC is cut off at once; the guest is given a while to let go of it. */
  removeNic(id: string): Promise<void>
  /** The file that the running VM's disk writes to. */
  activeDisk(): Promise<ActiveDisk>
  /** Takes RAM, devices and disk of the running VM at one instant; it goes on. */
  liveFreeze(options: LiveFreezeOptions): Promise<LiveFrozen>
  /** Puts another disk in the place of the VM's own. The guest has it not mounted, or both are alike. */
  takeDisk(disk: DiskChain): Promise<void>
  /** Has QEMU append the guest's output to another file; only while the VM runs. */
  takeLog(file: string): Promise<void>
  addForward(forward: PortForward): Promise<void>
  removeForward(forward: PortForward): Promise<void>
  forwards(): Promise<PortForward[]>
  /** What the running VM has read from and written to its disk since its start, in bytes. */
  diskTraffic(): Promise<{ readBytes: number; writeBytes: number }>
  /** Holds the running VM to these limits, in place of those before. Rejects with INVALID_ARGUMENT. */
  limit(limits: VmLimits): Promise<void>
  /** What the guest last printed on its console. */
  console(): Promise<string>
}

export interface VmStopped {
  uuid: string
  /** libvirt's words, for example `shutdown`, `destroyed`, `crashed`, `failed`. */
  reason: string
}

export interface Hypervisor {
  readonly facts: HypervisorFacts
  /** Writes the VM and its record down (one commit); a VM of that uuid is replaced. */
  define(spec: VmSpec): Promise<VirtualMachine>
  /** Starts a VM that nobody needs to remember: it ends with this process. */
  createTransient(spec: VmSpec): Promise<VirtualMachine>
  /** Every VM that carries a record of ours. */
  list(): Promise<{ vm: VirtualMachine; record: string; state: VmState }[]>
  /** What of the limits this host cannot hold a VM to, in words. */
  unenforced(limits: VmLimits): Promise<string[]>
  onStopped(listener: (event: VmStopped) => void): () => void
  close(): Promise<void>
}

export interface HypervisorFacts {
  uri: string
  accelerator: Accelerator
  acceleratorReason: string
  libvirtVersion: string
  qemuVersion: string
  qemuBinary: string
  cpuModel: string
}
