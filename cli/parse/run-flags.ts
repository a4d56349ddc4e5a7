import { Option, type Command } from 'commander'
import { addDiskRateFlags, addLimitFlags, type DiskRateFlags, type LimitFlags } from './limit-flags.ts'
import { many } from './many.ts'
import { addNetworkFlags, type NetworkFlags } from './network-flags.ts'

/** The flags of `run` and `create` as they were given; nothing is checked yet. */
export interface RunFlags extends LimitFlags, DiskRateFlags, NetworkFlags {
  detach?: boolean
  detachKeys?: string
  rm?: boolean
  name?: string
  env: string[]
  envFile: string[]
  publish: string[]
  publishAll?: boolean
  user?: string
  workdir?: string
  entrypoint?: string
  storageOpt: string[]
  label: string[]
  readOnly?: boolean
  tmpfs: string[]
  volume: string[]
  mount: string[]
  volumesFrom: string[]
  hostname?: string
  restart?: string
  interactive?: boolean
  tty?: boolean
  isolation?: string
  pull: PullPolicy
  capAdd: string[]
  capDrop: string[]
  privileged?: boolean
  init?: boolean
  ulimit: string[]
  addHost: string[]
  dns: string[]
  dnsSearch: string[]
  dnsOption: string[]
  device: string[]
  oomScoreAdj?: string
  cgroupns?: string
  logDriver?: string
  logOpt: string[]
  shmSize?: string
  stopSignal?: string
  stopTimeout?: string
  groupAdd: string[]
  securityOpt: string[]
  sysctl: string[]
  healthCmd?: string
  healthInterval?: string
  healthTimeout?: string
  healthStartPeriod?: string
  healthRetries?: string
  /** False with --no-healthcheck. */
  healthcheck: boolean
}

export type PullPolicy = 'always' | 'missing' | 'never'

/** Flags end at the image: what follows is the container's. `-h` is the host name, as in Docker. */
export function addRunFlags(command: Command): Command {
  return addNetworkFlags(addDiskRateFlags(addLimitFlags(command)))
    .passThroughOptions()
    .helpOption('--help', 'show this help')
    .option('--rm', 'remove the container when it ends')
    .option('--name <name>', 'name of the container')
    .addOption(many('-e, --env <NAME=VALUE>', 'set a variable'))
    .addOption(many('--env-file <file>', 'read variables from a file'))
    .addOption(many('-p, --publish <spec>', 'publish a port: [ADDRESS:][HOST_PORT:]PORT[/udp]'))
    .option('-P, --publish-all', 'publish every port that the image exposes, on free host ports')
    .option('-u, --user <user>', 'user or id, and :group')
    .option('-w, --workdir <folder>', 'working folder')
    .option('--entrypoint <program>', "in place of the image's entrypoint")
    .addOption(many('--storage-opt <size=SIZE>', 'size of the writable disk, for example size=10G'))
    .addOption(many('-l, --label <NAME=VALUE>', 'set a label'))
    .option('--read-only', 'mount the root file system read-only')
    .addOption(many('--tmpfs <path[:options]>', 'mount a tmpfs'))
    .addOption(
      many('-v, --volume <SOURCE:TARGET[:ro]>', 'mount a volume, or a folder or file of this machine'),
    )
    .addOption(many('--mount <spec>', 'the same in words: type=bind,source=…,target=…'))
    .addOption(many('--volumes-from <container[:ro]>', 'mount what another container has'))
    .option('-h, --hostname <name>', 'host name')
    .option('--restart <policy>', 'no, always, unless-stopped, on-failure[:TIMES]')
    .option('-i, --interactive', 'keep standard input open')
    .option('-t, --tty', 'give it a terminal')
    .option('--isolation <how>', 'default forks a template, cold boots a VM that shares with none')
    .addOption(
      new Option('--pull <when>', 'pull the image: always, missing (as by default) or never')
        .choices(['always', 'missing', 'never'])
        .default('missing'),
    )
    .addOption(many('--cap-add <capability>', 'add a capability'))
    .addOption(many('--cap-drop <capability>', 'drop a capability'))
    .option('--privileged', 'give it all capabilities')
    .option('--init', 'run an init that forwards signals and reaps processes')
    .addOption(many('--ulimit <NAME=SOFT[:HARD]>', 'set a resource limit'))
    .addOption(many('--add-host <NAME:ADDRESS>', 'add a line to /etc/hosts'))
    .addOption(many('--dns <address>', 'set a name server'))
    .addOption(many('--dns-search <domain>', 'set a search domain'))
    .addOption(many('--dns-option <option>', 'set an option of name resolution'))
    .addOption(many('--device <path[:path]>', 'give it a device of the VM, for example /dev/fuse'))
    .option('--oom-score-adj <score>', 'from -1000 (killed last where memory runs out) to 1000')
    .option('--cgroupns <mode>', 'private or host')
    .option('--log-driver <name>', 'json-file, local or none')
    .addOption(many('--log-opt <NAME=VALUE>', 'for example max-size=10m'))
    .option('--shm-size <size>', 'size of /dev/shm')
    .option('--stop-signal <signal>', 'signal that stops it')
    .option('--stop-timeout <seconds>', 'seconds before it is killed')
    .addOption(many('--group-add <group>', 'add a group'))
    .addOption(many('--security-opt <option>', 'security option'))
    .addOption(many('--sysctl <NAME=VALUE>', 'set a kernel parameter'))
    .option('--health-cmd <command>', 'command that tells whether it is healthy')
    .option('--health-interval <time>', 'time between checks, for example 5s')
    .option('--health-timeout <time>', 'time that a check may take')
    .option('--health-start-period <time>', 'time in which failures do not count')
    .option('--health-retries <times>', 'failures after which it is unhealthy')
    .option('--no-healthcheck', 'leave out the health check of the image')
}
