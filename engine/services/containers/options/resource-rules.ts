import { honoured, idle, refused, warned, type Rules } from './rule.ts'

const HOST_CGROUP = 'the VM is in no cgroup of the workstation; use NanoCpus and Memory, its size'
const DISK_RATE = 'a VM’s disk has no such limit here; leave it out'
const WINDOWS = 'it is for Windows; leave it out'
const SWAP = 'the VM has no swap'

/** The limits in HostConfig, which an update takes too. One row each. */
export const RESOURCE_RULES: Rules = {
  Memory: honoured('size of the VM, in steps of 2 MiB, 512 MiB where it is not given'),
  NanoCpus: honoured('CPUs of the VM, rounded up'),
  CpuShares: warned(HOST_CGROUP),
  CpuPeriod: refused('use NanoCpus (--cpus)'),
  CpuQuota: refused('use NanoCpus (--cpus)'),
  CpuRealtimePeriod: refused(HOST_CGROUP),
  CpuRealtimeRuntime: refused(HOST_CGROUP),
  CpusetCpus: refused(HOST_CGROUP),
  CpusetMems: refused(HOST_CGROUP),
  CgroupParent: refused(HOST_CGROUP),
  BlkioWeight: warned(HOST_CGROUP),
  BlkioWeightDevice: refused(HOST_CGROUP),
  BlkioDeviceReadBps: refused(DISK_RATE),
  BlkioDeviceWriteBps: refused(DISK_RATE),
  BlkioDeviceReadIOps: refused(DISK_RATE),
  BlkioDeviceWriteIOps: refused(DISK_RATE),
  Devices: refused('leave it out'),
  DeviceCgroupRules: idle('a VM’s devices are all its own: what the container’s root can make, it may use'),
  DeviceRequests: refused('no device of the workstation is handed to a VM; leave out --gpus'),
  KernelMemory: warned('Docker has given it up too; Memory limits all of it'),
  KernelMemoryTCP: warned('Docker has given it up too; Memory limits all of it'),
  MemoryReservation: warned('a VM has one size, Memory'),
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
