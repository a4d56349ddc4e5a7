import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { CONNECTIONS, encodeMessage, FrameType, PAYLOAD_MAX } from '../../contract/guest-protocol/frame.ts'
import { encodeLogRecord, LogType } from '../../contract/guest-protocol/log-record.ts'
import {
  clockMessage,
  execMessage,
  identifyMessage,
  interfaceMessage,
  namesMessage,
  startMessage,
} from './messages.ts'

/** The file that both ends of the link are tested against. Run this module to write it after a change of the protocol. */
export const VECTORS_FILE = join(import.meta.dirname, '../../contract/guest-protocol/vectors.txt')

export const FRAMES = [
  { type: FrameType.ok, channel: 0, payload: Buffer.alloc(0) },
  { type: FrameType.stdin, channel: 7, payload: Buffer.from('hello\n') },
  { type: FrameType.stdout, channel: 0xffff_fffe, payload: Buffer.from([0xa5, 0, 0xa5, 0xff]) },
  {
    type: FrameType.connection,
    channel: CONNECTIONS + 5,
    payload: Buffer.from([1, 0, 4, 0, 0, 0, 3, 0, 0, 0]),
  },
  { type: FrameType.hangUp, channel: CONNECTIONS + 5, payload: Buffer.alloc(0) },
  { type: FrameType.exec, channel: 2, payload: Buffer.alloc(PAYLOAD_MAX + 3, 'x') },
]

export const RECORDS = [
  { type: LogType.stdout, timeNs: 1_700_000_000_123_456_789n, payload: Buffer.from('line\n') },
  { type: LogType.exit, timeNs: 0n, payload: Buffer.from([2, 0, 0, 0, 137, 0, 0, 0, 1, 0, 0, 0]) },
]

const PROCESS = {
  argv: ['sh', '-c', 'exit 7'],
  env: ['A=1', 'EMPTY='],
  cwd: '/work',
  user: 'app:staff',
  groups: ['audio', '44'],
  tty: false,
  openStdin: true,
  privileged: false,
}

export const MESSAGES = {
  identify: identifyMessage({
    seed: Buffer.alloc(64, 0x5a),
    wallClockNs: 1_700_000_000_000_000_001n,
    hostname: 'one',
    machineId: '0123456789abcdef0123456789abcdef',
    network: { address: '10.0.2.15/24', gateway: '10.0.2.2', mtu: 1500, interface: 'nat0', mac: '02:72:00:00:00:01' }, // prettier-ignore
  }),
  clock: clockMessage(1_700_000_000_000_000_001n),
  exec: execMessage(PROCESS),
  start: startMessage({
    ...PROCESS,
    run: 3,
    stdinOnce: true,
    hostname: 'one',
    domainname: '',
    readOnlyRoot: true,
    mounts: [
      { target: '/run', kind: 'tmpfs', source: '', inner: '', options: ['size=1m', 'exec'] },
      { target: '/data/deep', kind: '9p', source: 'ramet1', inner: 'a/b', options: ['ro', 'copy'] },
    ],
    rlimits: [{ name: 'nofile', soft: 1024, hard: -1 }],
    capabilities: ['CHOWN', 'NET_RAW'],
    noNewPrivileges: true,
    init: false,
    shmSize: 67_108_864,
    sysctls: { 'net.core.somaxconn': '512' },
    extraHosts: [{ name: 'db', address: '10.1.2.3' }],
    dns: ['10.0.2.3'],
    limits: { pids: 100, memoryBytes: 134_217_728, cpuQuotaUs: 50_000 },
    dnsSearch: ['example.org'],
    dnsOptions: ['ndots:2'],
    oomScore: -500,
    maskedPaths: ['/proc/kcore'],
    readOnlyPaths: ['/proc/sys'],
    devices: [{ path: '/dev/fuse', target: '/dev/own' }],
    hostCgroups: true,
    logLimit: 1_048_576,
    addresses: ['172.18.0.2', 'fd00::2'],
    servers: ['172.18.0.1'],
  }),
  interface: interfaceMessage({
    mac: '02:42:ac:12:00:02',
    name: 'eth0',
    addresses: ['172.18.0.2/16', 'fd00::2/64'],
    mtu: 65_500,
  }),
  names: namesMessage({
    hostname: 'one',
    domainname: '',
    extraHosts: [],
    addresses: ['172.18.0.2'],
    servers: ['172.18.0.1'],
    dns: [],
  }),
}

/** One vector a line: its kind, what it stands for, and the bytes in hex. */
export function vectors(): string {
  const frames = FRAMES.map((frame) => {
    const payload = frame.payload.toString('hex') || '-'
    return `frame ${frame.type} ${frame.channel} ${payload} ${encodeMessage(frame, crc32).toString('hex')}`
  })
  const records = RECORDS.map((record) => {
    const bytes = encodeLogRecord(record, crc32).toString('hex')
    return `log ${record.type} ${record.timeNs} ${record.payload.toString('hex')} ${bytes}`
  })
  const messages = Object.entries(MESSAGES).map(([name, bytes]) => `message ${name} ${bytes.toString('hex')}`)
  return [...frames, ...records, ...messages, ''].join('\n')
}

if (import.meta.main) await writeFile(VECTORS_FILE, vectors())
