import { expect, test } from 'vitest'
import type { ContainerInspect } from '../../../../contract/docker.ts'
import { fromLine, toLine } from './line.ts'
import { fromInspect } from './from-inspect.ts'
import { problems, requestOf, volumeRow, words } from './model.ts'

test('a pasted line fills the form, and the form says the same line again', () => {
  const line =
    "docker run -d -it --rm --name web -p 127.0.0.1:8080:80 -p 53/udp -e 'A=b c' -v data:/var/lib:ro -m 512m --cpus 1.5 --restart on-failure:3 --network back -u 1000 -l app=x nginx:1 sh -c 'echo hi'"
  const model = fromLine(line)
  expect(model).toMatchObject({
    image: 'nginx:1',
    name: 'web',
    command: "sh -c 'echo hi'",
    ports: [
      { address: '127.0.0.1', host: '8080', container: '80', protocol: 'tcp' },
      { address: '', host: '', container: '53', protocol: 'udp' },
    ],
    env: [{ name: 'A', value: 'b c' }],
    volumes: [{ source: 'data', target: '/var/lib', readOnly: true, mode: 'ro' }],
    memory: '512m',
    cpus: '1.5',
    restart: 'on-failure:3',
    network: 'back',
    tty: true,
    remove: true,
  })
  expect(fromLine(toLine(model))).toEqual(model)
})

test('what the form has no field of is in the line as well', () => {
  const line =
    "docker run -d --network back --network front -w /srv -h web --domainname lan --entrypoint serve -l a=b --expose 80 --stop-signal INT --stop-timeout 3 --health-cmd 'test -e /up' --health-interval 5s --health-retries 2 --read-only --privileged --init -P --cap-add NET_ADMIN --cap-drop ALL --group-add 5 --security-opt no-new-privileges --tmpfs /run:size=1m --mount type=volume,src=a,dst=/a,readonly --mount type=bind,src=/b,dst=/b,consistency=cached,bind-create-src --mount type=volume,dst=/c,volume-nocopy,volume-label=x=y,volume-opt=type=disk --mount type=tmpfs,dst=/d,tmpfs-size=1048576,tmpfs-mode=1770 --volumes-from other --sysctl net.core.somaxconn=9 --ulimit nofile=1:2 --shm-size 1g --memory-reservation 64m --pids-limit 9 --oom-score-adj 3 --cpu-shares 5 --cpu-quota 50000 --cpu-period 200000 --blkio-weight 20 --cpuset-cpus 0 --cgroupns private --isolation cold --storage-opt size=1G --device /dev/fuse:/dev/fuse:rwm --log-driver local --log-opt max-size=1m --network-alias store --ip 10.0.0.5 --ip6 fd00::5 --mac-address 02:42:00:00:00:05 --add-host a:1.2.3.4 --link db:db --dns 1.1.1.1 --dns-search lan --dns-option ndots:1 web"
  expect(toLine(fromLine(line))).toBe(line)
  expect(toLine(fromLine('docker run --no-healthcheck -v /data web'))).toBe(
    'docker run -d -v /data --no-healthcheck web',
  )
  expect(requestOf(fromLine(line))).toMatchObject({
    Healthcheck: { Test: ['CMD-SHELL', 'test -e /up'], Interval: 5e9, Retries: 2 },
    NetworkingConfig: {
      EndpointsConfig: {
        back: {
          Aliases: ['store'],
          IPAMConfig: { IPv4Address: '10.0.0.5', IPv6Address: 'fd00::5' },
          MacAddress: '02:42:00:00:00:05',
        },
        front: {},
      },
    },
    HostConfig: {
      Mounts: [
        { Type: 'volume', Source: 'a', Target: '/a', ReadOnly: true },
        {
          Type: 'bind',
          Source: '/b',
          Target: '/b',
          Consistency: 'cached',
          BindOptions: { CreateMountpoint: true },
        },
        {
          Type: 'volume',
          Target: '/c',
          VolumeOptions: { NoCopy: true, Labels: { x: 'y' }, DriverConfig: { Options: { type: 'disk' } } },
        },
        { Type: 'tmpfs', Target: '/d', TmpfsOptions: { SizeBytes: 2 ** 20, Mode: 0o1770 } },
      ],
      ShmSize: 2 ** 30,
    },
  })
  expect(requestOf(fromLine('docker run -v /data web'))).toMatchObject({
    Volumes: { '/data': {} },
    HostConfig: { Binds: [] },
  })
})

test('what docker is sent', () => {
  const request = requestOf(
    fromLine('docker run --cap-add NET_ADMIN -p 8080:80 --memory=1g -e X=1 --tmpfs /run web true'),
  )
  expect(request).toMatchObject({
    Image: 'web',
    Cmd: ['true'],
    Env: ['X=1'],
    ExposedPorts: { '80/tcp': {} },
    HostConfig: {
      CapAdd: ['NET_ADMIN'],
      PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
      Memory: 1024 ** 3,
      Tmpfs: { '/run': '' },
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
    },
  })
})

test.each([
  ['$ sudo docker run \\\n  -p80:80 \\\n  web', { image: 'web' }],
  ['podman run --net=host web', { network: 'host' }],
  ['docker container run -ti web', { tty: true, rest: { config: {} } }],
  ['docker run -i web', { tty: false, rest: { config: { OpenStdin: true } } }],
  ['docker run -t web', { tty: true, rest: { config: { OpenStdin: false } } }],
  ['docker run -e EMPTY web', { env: [{ name: 'EMPTY', value: '' }] }],
])('lines as they are found: %s', (line, expected) => {
  expect(fromLine(line)).toMatchObject(expected)
})

test.each([
  ['ls', 'not a docker run line'],
  ['docker run', 'no image'],
  ['docker run --gpus all web', '--gpus'],
  ["docker run -e 'x web", 'quotation mark'],
  ['docker run web -p', undefined],
  ['docker run -p', 'needs a value'],
  ['docker run -p x:y web', 'not a port'],
  ['docker run --ulimit much web', 'does not take ‘much’'],
  ['docker run --mount type=image,size=1,dst=/x web', "'size' is not known"],
  ['docker run --mount type=tmpfs web', 'does not take'],
  ['docker run --health-interval soon web', 'does not take'],
])('what cannot be taken is named: %s', (line, message) => {
  if (message) expect(() => fromLine(line)).toThrow(message)
  else expect(fromLine(line).command).toBe('-p')
})

test('words as a shell takes them apart', () => {
  expect(words(`a 'b c' "d \\"e" f\\ g ''`)).toEqual(['a', 'b c', 'd "e', 'f g', ''])
  expect(words(`a\\\nb "c\\\nd" 'e\\\nf'`)).toEqual(['a', 'b', 'cd', 'e\\\nf'])
})

test('what keeps a form from being run', () => {
  const model = fromLine('docker run -m much --cpus x -p 80:99999 web')
  expect(problems(model).map(({ field, kind }) => `${field} ${kind}`)).toEqual([
    'memory size',
    'cpus number',
    'ports port',
  ])
})

test('a container’s own settings, without what its image gave', () => {
  const container = {
    Id: '0123456789abcdef',
    Name: '/web',
    Image: 'sha256:1',
    NetworkSettings: { Networks: { bridge: { IPAMConfig: null, Aliases: null, IPAddress: '10.0.2.15' } } },
    Config: {
      Image: 'web',
      Env: ['PATH=/bin', 'A=1'],
      Cmd: ['serve'],
      Tty: false,
      Labels: { of: 'image', own: 'x' },
      Hostname: '0123456789ab',
    },
    HostConfig: {
      PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
      Binds: ['data:/data:ro'],
      Memory: 512 * 1024 * 1024,
      NanoCpus: 1.5e9,
      RestartPolicy: { Name: 'always', MaximumRetryCount: 0 },
      NetworkMode: 'bridge',
    },
  } as unknown as ContainerInspect
  const image = { Env: ['PATH=/bin'], Cmd: ['serve'], Labels: { of: 'image' } }
  expect(toLine(fromInspect(container, image))).toBe(
    'docker run -d --name web -p 8080:80 -e A=1 -v data:/data:ro -m 512m --cpus 1.5 --restart always -l own=x web',
  )
})

test('all that a container was made with is sent again', () => {
  const container = {
    Id: '0123456789abcdef',
    Name: '/web',
    Image: 'sha256:1',
    Config: {
      Image: 'web',
      Env: [],
      Cmd: ['serve'],
      Entrypoint: null,
      Hostname: 'chosen',
      Volumes: { '/image': {}, '/own': {} },
      Healthcheck: { Test: ['CMD', 'up'] },
    },
    HostConfig: {
      NetworkMode: 'back',
      Mounts: [{ Type: 'tmpfs', Target: '/t' }],
      StorageOpt: { size: '1G' },
      Tmpfs: { '/run': '' },
      LogConfig: { Type: '', Config: null },
      MaskedPaths: [],
      Devices: null,
      CpuShares: 0,
    },
    NetworkSettings: {
      Networks: {
        back: {
          Aliases: ['store'],
          IPAMConfig: { IPv4Address: '10.0.0.5' },
          NetworkID: 'n1',
          IPAddress: 'now',
        },
        front: { Aliases: null, IPAMConfig: null, NetworkID: 'n2' },
      },
    },
  } as unknown as ContainerInspect
  const image = {
    Cmd: ['serve'],
    Entrypoint: ['/init'],
    Volumes: { '/image': {} },
    Healthcheck: { Test: ['CMD', 'up'] },
  }
  const model = fromInspect(container, image)
  expect(requestOf(model)).toEqual({
    Image: 'web',
    Cmd: ['serve'],
    Entrypoint: [''],
    Env: [],
    Hostname: 'chosen',
    Tty: false,
    OpenStdin: false,
    ExposedPorts: {},
    Volumes: { '/own': {} },
    NetworkingConfig: {
      EndpointsConfig: { back: { Aliases: ['store'], IPAMConfig: { IPv4Address: '10.0.0.5' } }, front: {} },
    },
    HostConfig: {
      NetworkMode: 'back',
      Mounts: [{ Type: 'tmpfs', Target: '/t' }],
      StorageOpt: { size: '1G' },
      Tmpfs: { '/run': '' },
      LogConfig: { Type: '', Config: null },
      MaskedPaths: [],
      Devices: null,
      CpuShares: 0,
      PortBindings: {},
      Binds: [],
      Memory: 0,
      NanoCpus: 0,
      RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      AutoRemove: false,
    },
  })
  const moved = requestOf({ ...model, network: 'side' })
  expect(Object.keys(moved.NetworkingConfig!.EndpointsConfig!)).toEqual(['side', 'front'])
})

/** A container that was made of `config` and `host`, as the engine tells of it. */
const made = (config: object, host: object = {}, networks: object = {}): ContainerInspect =>
  ({
    Id: '0123456789abcdef',
    Name: '/web',
    Image: 'sha256:1',
    Config: { Image: 'web', Hostname: '0123456789ab', Env: [], Cmd: ['serve'], ...config },
    HostConfig: host,
    NetworkSettings: { Networks: networks },
  }) as unknown as ContainerInspect

test.each(['data:/a:nocopy', 'data:/a:rw', '/srv:/a:z,ro', '/srv:/a:ro,cached', 'data:/a'])(
  'what is mounted in its mode stays so: %s',
  (bind) => {
    const model = fromInspect(made({}, { Binds: [bind] }))
    expect(requestOf(model).HostConfig!.Binds).toEqual([bind])
    expect(toLine(model)).toContain(` -v ${bind} `)
  },
)

test('whether it may be written to changes its mode, and no more of it', () => {
  const changed = (bind: string, change: object): string[] =>
    requestOf({ ...fromInspect(made({})), volumes: [{ ...volumeRow(bind), ...change }] }).HostConfig!.Binds!
  expect(changed('data:/a:nocopy,ro', { readOnly: false })).toEqual(['data:/a:nocopy'])
  expect(changed('data:/a:rw,z', { readOnly: true })).toEqual(['data:/a:z,ro'])
  // A folder is not copied into.
  expect(changed('data:/a:nocopy', { source: '/srv' })).toEqual(['/srv:/a'])
})

test.each([
  ['standard input without a terminal', { OpenStdin: true, StdinOnce: true }],
  ['a terminal without standard input', { Tty: true, OpenStdin: false }],
  ['no time to stop in', { StopTimeout: 0 }, { StopTimeout: 5 }],
  ['the entrypoint of its image without the command', { Entrypoint: ['/init'], Cmd: null }, { Entrypoint: ['/init'], Cmd: ['serve'] }], // prettier-ignore
  ['a script of several lines', { Cmd: ['sh', '-c', 'a \\\n b\n\tc'] }],
  ['no user of its own', { User: '0' }, { User: 'app' }],
])('goes along: %s', (_what, config, image = {}) => {
  expect(requestOf(fromInspect(made(config), image))).toMatchObject(config)
})

test('a variable of the image that was taken away stays away, until the form sets it', () => {
  const image = { Env: ['PATH=/bin', 'DEBUG=1'] }
  const model = fromInspect(made({ Env: ['PATH=/bin', 'A=1'] }), image)
  expect(requestOf(model).Env).toEqual(['A=1', 'DEBUG'])
  expect(toLine(model)).toContain('-e A=1 -e DEBUG ')
  model.env.push({ name: 'DEBUG', value: '2' })
  expect(requestOf(model).Env).toEqual(['A=1', 'DEBUG=2'])
})

test('a port that only its key names, and a range, are published as they were', () => {
  const PortBindings = { '80/tcp': null, '81/udp': [{ HostIp: '', HostPort: '8000-8010' }] }
  const model = fromInspect(made({ ExposedPorts: { '80/tcp': {}, '90/tcp': {} } }, { PortBindings }))
  expect(problems(model)).toEqual([])
  expect(requestOf(model).HostConfig!.PortBindings).toEqual({
    '80/tcp': [{ HostIp: '', HostPort: '' }],
    '81/udp': [{ HostIp: '', HostPort: '8000-8010' }],
  })
  expect(toLine(model)).toBe('docker run -d --name web -p 80 -p 8000-8010:81/udp --expose 90 web serve')
  expect(problems(fromLine('docker run -p 80 web'))).toEqual([])
})

test('a volume without a name among the binds stays one', () => {
  expect(requestOf(fromInspect(made({}, { Binds: ['/data'] })))).toMatchObject({
    Volumes: { '/data': {} },
    HostConfig: { Binds: [] },
  })
})

test('the network by any of its names, and CPUs as they were said', () => {
  const request = requestOf(fromInspect(made({}, { NetworkMode: 'default', CpuQuota: 5, CpuPeriod: 10 })))
  expect(request.HostConfig).toMatchObject({ NetworkMode: 'default', CpuQuota: 5, CpuPeriod: 10 })
  const edited = { ...fromInspect(made({}, { CpuQuota: 5, CpuPeriod: 10 })), cpus: '2' }
  expect(requestOf(edited).HostConfig).toMatchObject({ NanoCpus: 2e9, CpuQuota: 0, CpuPeriod: 0 })
})

test('a hardware address goes along where it was asked for', () => {
  const inBack = (MacAddress: string) =>
    requestOf(
      fromInspect(
        made(
          {},
          { NetworkMode: 'back' },
          { back: { MacAddress, IPAddress: '10.0.0.5', EndpointID: 'aabbccdd' } },
        ),
      ),
    ).NetworkingConfig
  expect(inBack('02:42:0a:00:00:05')).toBeUndefined()
  expect(inBack('02:72:01:23:45:67')).toBeUndefined()
  expect(inBack('02:42:ac:11:00:09')).toEqual({
    EndpointsConfig: { back: { MacAddress: '02:42:ac:11:00:09' } },
  })
})

test('of an entrypoint the line names one word, and the others before the command', () => {
  expect(toLine(fromInspect(made({ Entrypoint: ['/init', '-v'], Cmd: ['serve'] })))).toBe(
    'docker run -d --name web --entrypoint /init web -v serve',
  )
})
