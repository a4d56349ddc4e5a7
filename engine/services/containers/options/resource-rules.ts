import { checkDevices } from './guest-options.ts'
import { honoured, idle, refused, warned, type Rules } from './rule.ts'

const HOST_CGROUP = 'the VM is in no cgroup of the workstation; use NanoCpus, CpuShares and Memory'
const DISK_RATE = 'held by QEMU; any device means the one disk of the VM'
const WINDOWS = 'it is for Windows; leave it out'
const SWAP = 'the VM has no swap'

/** The limits in HostConfig, which an update takes too. One row each. */
export const RESOURCE_RULES: Rules = {
  Memory: honoured(
    'held in the guest, whose VM has more by what its system takes; where it is not given, the setting `limits` counts, else a VM of 512 MiB',
  ),
  NanoCpus: honoured('CPUs of the VM, rounded up; held in the guest, and by systemd where it runs'),
  CpuShares: honoured('weight of the VM’s process: by systemd where it runs, else its niceness'),
  CpuPeriod: honoured('with CpuQuota, as NanoCpus'),
  CpuQuota: honoured('as NanoCpus'),
  CpuRealtimePeriod: refused(HOST_CGROUP),
  CpuRealtimeRuntime: refused(HOST_CGROUP),
  CpusetCpus: honoured('CPUs of the workstation that the VM’s process may run on'),
  CpusetMems: refused(HOST_CGROUP),
  CgroupParent: refused(HOST_CGROUP),
  BlkioWeight: honoured('by systemd where it runs and may weigh I/O; else the answer warns'),
  BlkioWeightDevice: refused(HOST_CGROUP),
  BlkioDeviceReadBps: honoured(DISK_RATE),
  BlkioDeviceWriteBps: honoured(DISK_RATE),
  BlkioDeviceReadIOps: honoured(DISK_RATE),
  BlkioDeviceWriteIOps: honoured(DISK_RATE),
  Devices: honoured(
    'those of the VM, such as /dev/fuse and /dev/net/tun; always with all rights',
    checkDevices,
  ),
  DeviceCgroupRules: idle('a VM’s devices are all its own: what the container’s root can make, it may use'),
  DeviceRequests: refused('no device of the workstation is handed to a VM; leave out --gpus'),
  KernelMemory: warned('Docker has given it up too; Memory limits all of it'),
  KernelMemoryTCP: warned('Docker has given it up too; Memory limits all of it'),
  MemoryReservation: honoured(
    'kept for the container while it runs: no other is started that would need it (docs/limits.md)',
  ),
  MemorySwap: warned(SWAP),
  MemorySwappiness: idle(SWAP),
  OomKillDisable: warned(
    'the guest’s kernel ends processes where memory runs out, as on any host with cgroup v2',
  ),
  Init: honoured('the agent’s own init is PID 1: it passes signals on and reaps'),
  PidsLimit: honoured('tasks, counted in the guest; 0 and -1 are no limit'),
  Ulimits: honoured('set in the guest'),
  CpuCount: refused(WINDOWS),
  CpuPercent: refused(WINDOWS),
  IOMaximumIOps: refused(WINDOWS),
  IOMaximumBandwidth: refused(WINDOWS),
  RestartPolicy: honoured('kept by the engine, with a delay that doubles from 100 ms to a minute'),
}
