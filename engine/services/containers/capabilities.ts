import type { HostConfig } from '../../../contract/docker.ts'
import { EngineError } from '../../../contract/errors.ts'

/** Every capability of the guest's kernel (capabilities(7)). */
const ALL = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...[
    'LINUX_IMMUTABLE',
    'NET_BIND_SERVICE',
    'NET_BROADCAST',
    'NET_ADMIN',
    'NET_RAW',
    'IPC_LOCK',
    'IPC_OWNER',
  ],
  ...[
    'SYS_MODULE',
    'SYS_RAWIO',
    'SYS_CHROOT',
    'SYS_PTRACE',
    'SYS_PACCT',
    'SYS_ADMIN',
    'SYS_BOOT',
    'SYS_NICE',
  ],
  ...[
    'SYS_RESOURCE',
    'SYS_TIME',
    'SYS_TTY_CONFIG',
    'MKNOD',
    'LEASE',
    'AUDIT_WRITE',
    'AUDIT_CONTROL',
    'SETFCAP',
  ],
  ...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF'],
  'CHECKPOINT_RESTORE',
]

/** Docker's default. */
const DEFAULT = [
  ...[
    'CHOWN',
    'DAC_OVERRIDE',
    'FSETID',
    'FOWNER',
    'MKNOD',
    'NET_RAW',
    'SETGID',
    'SETUID',
    'SETFCAP',
    'SETPCAP',
  ],
  ...['NET_BIND_SERVICE', 'SYS_CHROOT', 'KILL', 'AUDIT_WRITE'],
]

function parse(names: string[] | null | undefined): string[] {
  return (names ?? []).map((text) => {
    const name = text.toUpperCase().replace(/^CAP_/, '')
    if (name === 'ALL' || ALL.includes(name)) return name
    throw new EngineError(
      'INVALID_ARGUMENT',
      `unknown capability '${text}'; see capabilities(7) for their names`,
    )
  })
}

/** What the container's root may do, by name without `CAP_`. Rejects unknown names. */
export function capabilities(host: HostConfig): string[] {
  const added = parse(host.CapAdd)
  const dropped = parse(host.CapDrop)
  if (host.Privileged || (added.includes('ALL') && dropped.length === 0)) return ALL
  const base = dropped.includes('ALL') ? [] : added.includes('ALL') ? ALL : DEFAULT
  const kept = base.filter((name) => !dropped.includes(name))
  return [...new Set([...kept, ...added.filter((name) => name !== 'ALL')])]
}
