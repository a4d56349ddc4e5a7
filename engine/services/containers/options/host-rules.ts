import { checkDns, checkExtraHosts, checkOomScore, checkWords } from './guest-options.ts'
import { checkLogConfig } from './log-config.ts'
import { RESOURCE_RULES } from './resource-rules.ts'
import { honoured, idle, only, refused, type Rules } from './rule.ts'
import { checkCgroupns, checkSecurityOptions } from './security.ts'

const OWN_MACHINE = 'every container is a machine of its own; leave it out'

/** The fields of HostConfig. One row each. */
export const HOST_RULES: Rules = {
  ...RESOURCE_RULES,
  Binds: honoured('volumes, folders, files and unix sockets; no propagation (docs/mounts.md)'),
  Mounts: honoured('bind, volume and tmpfs; other types are refused'),
  VolumesFrom: honoured('the binds and volumes of another container'),
  VolumeDriver: only(['local'], 'there is only the driver local'),
  ContainerIDFile: idle('the client writes it'),
  LogConfig: honoured('drivers json-file and local, which are one here, and none', checkLogConfig),
  NetworkMode: honoured('bridge, host, none or a network'),
  PortBindings: honoured('forwarded by QEMU, on 127.0.0.1 where no address is given'),
  PublishAllPorts: honoured('every exposed port on a free one'),
  AutoRemove: honoured('removed when it ends, with its files'),
  ConsoleSize: honoured('rows and columns of the terminal, told as soon as its process runs'),
  Annotations: idle('kept and shown; there is no runtime that reads them'),
  CapAdd: honoured('inside the VM'),
  CapDrop: honoured('inside the VM'),
  CgroupnsMode: honoured('private by default; host shows all cgroups of the guest', checkCgroupns),
  Dns: honoured('in /etc/resolv.conf', checkDns),
  DnsOptions: honoured('in /etc/resolv.conf', checkWords),
  DnsSearch: honoured('in /etc/resolv.conf', checkWords),
  ExtraHosts: honoured(
    'in /etc/hosts; host-gateway is the address of the workstation, of which the ports named by ramet.host.ports answer',
    checkExtraHosts,
  ),
  GroupAdd: honoured('names of the image, or ids'),
  IpcMode: only(['private', 'shareable'], OWN_MACHINE),
  Cgroup: refused(OWN_MACHINE),
  Links: honoured('names of its own for others in a network that was made; refused on bridge'),
  OomScoreAdj: honoured('in the guest', checkOomScore),
  PidMode: only(['private'], OWN_MACHINE),
  Privileged: honoured('all capabilities, all devices, nothing masked, inside the VM'),
  ReadonlyRootfs: honoured('but for its tmpfs and volumes'),
  SecurityOpt: honoured(
    'no-new-privileges; what switches a confinement off that is not there',
    checkSecurityOptions,
  ),
  StorageOpt: honoured('size= of the writable disk, 64 GiB where it is not given'),
  Tmpfs: honoured('in the guest’s memory'),
  UTSMode: only([], OWN_MACHINE),
  UsernsMode: only(['host'], 'users of a container are those of its VM; leave it out'),
  ShmSize: honoured('size of /dev/shm, 64 MiB where it is not given'),
  Sysctls: honoured('kernel parameters of the guest, all of them'),
  Runtime: only(['ramet'], 'every container is a VM; leave it out'),
  Isolation: honoured('default forks a template, cold boots a VM that shares memory with none'),
  MaskedPaths: honoured('in place of the defaults'),
  ReadonlyPaths: honoured('in place of the defaults'),
}
