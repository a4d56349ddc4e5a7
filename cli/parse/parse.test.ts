import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import type { ContainerCreateRequest } from '../../contract/docker.ts'
import { createRequest } from './create-request.ts'
import { parseEnv, parseEnvFile } from './env.ts'
import { parsePorts } from './ports.ts'
import { addRunFlags, type RunFlags } from './run-flags.ts'

function run(...words: string[]): ContainerCreateRequest {
  let request: ContainerCreateRequest | undefined
  const program = new Command().enablePositionalOptions()
  addRunFlags(program.command('run <image> [command...]'))
    .option('-d, --detach')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .action((image: string, command: string[], flags: RunFlags) => {
      request = createRequest(flags, image, command, { HOME: '/home/u' })
    })
  program.parse(['run', ...words], { from: 'user' })
  return request!
}

describe('ports', () => {
  test.each([
    ['80', { '80/tcp': [{ HostIp: '', HostPort: '' }] }],
    ['8080:80', { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }],
    ['127.0.0.1:8080:80/tcp', { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] }],
    ['127.0.0.1::80', { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }],
    ['[::1]:5353:53/udp', { '53/udp': [{ HostIp: '::1', HostPort: '5353' }] }],
    [
      '8080-8082:80-82',
      {
        '80/tcp': [{ HostIp: '', HostPort: '8080' }],
        '81/tcp': [{ HostIp: '', HostPort: '8081' }],
        '82/tcp': [{ HostIp: '', HostPort: '8082' }],
      },
    ],
  ])('%s', (spec, bindings) => {
    expect(parsePorts([spec]).bindings).toEqual(bindings)
    expect(Object.keys(parsePorts([spec]).exposed)).toEqual(Object.keys(bindings))
  })

  test('one port may be published twice', () => {
    expect(parsePorts(['8080:80', '8081:80']).bindings['80/tcp']).toHaveLength(2)
  })

  test.each(['', 'http', '80:', '0', '65536', '8080-8081:80-82', '82-80', '80/sctp', 'a:1:2', '1:2:3:4'])(
    "'%s' is refused",
    (spec) => {
      expect(() => parsePorts([spec])).toThrow(`'${spec}' cannot be published`)
    },
  )
})

describe('variables', () => {
  test('a file gives names with values, and those that are set here', () => {
    const text = '# comment\n\n  A=1\nB=with = and spaces \nHOME\nUNSET\nEMPTY=\r\nQ="kept"\n'
    expect(parseEnvFile('f', text, { HOME: '/home/u' })).toEqual([
      'A=1',
      'B=with = and spaces ',
      'HOME=/home/u',
      'EMPTY=',
      'Q="kept"',
    ])
  })

  test('a bad line is named', () => {
    expect(() => parseEnvFile('vars.env', 'A=1\nMY NAME=2\n', {})).toThrow("vars.env, line 2: 'MY NAME'")
    expect(() => parseEnvFile('vars.env', '=2\n', {})).toThrow('vars.env, line 1')
  })

  test('-e takes values from here, and a name without one takes the variable away', () => {
    expect(parseEnv([], ['A=', 'HOME', 'UNSET'], { HOME: '/h' })).toEqual(['A=', 'HOME=/h', 'UNSET'])
    expect(() => parseEnv([], ['=x'], {})).toThrow('is not a variable')
  })

  test('a file that is not there is named', () => {
    expect(() => parseEnv(['/no/such/file'], [], {})).toThrow('/no/such/file: it does not exist')
  })
})

describe('run', () => {
  test('flags end at the image', () => {
    expect(run('--rm', 'busybox', 'ls', '-l', '--rm', '--', '-x')).toMatchObject({
      Image: 'busybox',
      Cmd: ['ls', '-l', '--rm', '--', '-x'],
      HostConfig: { AutoRemove: true },
    })
    expect(run('busybox').Cmd).toBeNull()
    expect(run('busybox').Entrypoint).toBeNull()
    expect(run('--entrypoint', '', 'busybox').Entrypoint).toEqual([''])
  })

  test('attached unless detached', () => {
    expect(run('-it', 'sh')).toMatchObject({ Tty: true, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true }) // prettier-ignore
    expect(run('-dit', 'sh')).toMatchObject({ Tty: true, OpenStdin: true, StdinOnce: false, AttachStdin: false, AttachStdout: false }) // prettier-ignore
    expect(run('-dp', '8080:80', 'web').HostConfig?.PortBindings).toHaveProperty('80/tcp')
  })

  test('the process', () => {
    const words =
      '-u 1:2 -w /src -h box --stop-signal SIGINT --stop-timeout 3 -e A=1 -e HOME -l a=b=c -l only i'
    expect(run(...words.split(' '))).toMatchObject({
      User: '1:2',
      WorkingDir: '/src',
      Hostname: 'box',
      StopSignal: 'SIGINT',
      StopTimeout: 3,
      Env: ['A=1', 'HOME=/home/u'],
      Labels: { a: 'b=c', only: '' },
    })
  })

  test('the machine', () => {
    const words = [
      '-m 512m --memory-reservation 256m --cpus 1.5 --shm-size 1g --read-only --tmpfs /run --tmpfs /tmp:size=64m,mode=1777 --privileged --init',
      '--cap-add NET_ADMIN --cap-add SYS_TIME --cap-drop ALL --group-add 7 --security-opt no-new-privileges',
      '--ulimit nofile=1024:2048 --ulimit core=0 --sysctl net.core.somaxconn=9 --add-host db:10.0.0.1',
      '--dns-search a.org --dns-option ndots:2 --device /dev/fuse --oom-score-adj -5 --pids-limit 9 --cgroupns host',
      '--cpuset-cpus 0-1 --log-driver local --log-opt max-size=1m',
      '-v data:/data:ro --mount type=bind,source=/srv,target=/srv --volumes-from other:ro',
      '--add-host six=[::1] --dns 9.9.9.9 --restart on-failure:3 --isolation cold -P i',
    ]
    expect(run(...words.join(' ').split(' ')).HostConfig).toEqual({
      Binds: ['data:/data:ro'],
      Mounts: [{ Type: 'bind', Source: '/srv', Target: '/srv' }],
      VolumesFrom: ['other:ro'],
      PortBindings: {},
      PublishAllPorts: true,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      AutoRemove: false,
      Memory: 536_870_912,
      MemoryReservation: 268_435_456,
      NanoCpus: 1_500_000_000,
      ReadonlyRootfs: true,
      Tmpfs: { '/run': '', '/tmp': 'size=64m,mode=1777' },
      CapAdd: ['NET_ADMIN', 'SYS_TIME'],
      CapDrop: ['ALL'],
      Privileged: true,
      GroupAdd: ['7'],
      ExtraHosts: ['db:10.0.0.1', 'six:::1'],
      Dns: ['9.9.9.9'],
      DnsSearch: ['a.org'],
      DnsOptions: ['ndots:2'],
      Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }],
      OomScoreAdj: -5,
      PidsLimit: 9,
      CgroupnsMode: 'host',
      CpusetCpus: '0-1',
      LogConfig: { Type: 'local', Config: { 'max-size': '1m' } },
      ShmSize: 1_073_741_824,
      Ulimits: [
        { Name: 'nofile', Soft: 1024, Hard: 2048 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      Sysctls: { 'net.core.somaxconn': '9' },
      SecurityOpt: ['no-new-privileges'],
      Init: true,
      Isolation: 'cold',
    })
  })

  test.each([
    ['-m', 'much'],
    ['--cpus', 'two'],
    ['--shm-size', '-1'],
    ['--restart', 'never'],
    ['--ulimit', 'nofile'],
    ['--sysctl', 'kernel.x'],
    ['--add-host', 'db'],
    ['--tmpfs', 'run'],
    ['--isolation', 'warm'],
    ['--stop-timeout', 'soon'],
    ['-l', '=x'],
  ])('%s %s is refused, and named', (flag, value) => {
    expect(() => run(flag, value, 'i')).toThrow(value)
  })

  test('unknown flags and pull policies are refused', () => {
    expect(() => run('--no-such-flag', 'i')).toThrow("unknown option '--no-such-flag'")
    expect(() => run('--pull', 'sometimes', 'i')).toThrow("'sometimes' is invalid")
  })
})
