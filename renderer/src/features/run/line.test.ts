import { expect, test } from 'vitest'
import type { ContainerInspect } from '../../../../contract/docker.ts'
import { fromLine, toLine } from './line.ts'
import { fromInspect } from './from-inspect.ts'
import { problems, requestOf, words } from './model.ts'

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
    volumes: [{ source: 'data', target: '/var/lib', readOnly: true }],
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
    "docker run -d --network back --network front -w /srv -h web --domainname lan --entrypoint serve -l a=b --expose 80 --stop-signal INT --stop-timeout 3 --health-cmd 'test -e /up' --health-interval 5s --health-retries 2 --read-only --privileged --init -P --cap-add NET_ADMIN --cap-drop ALL --group-add 5 --security-opt no-new-privileges --tmpfs /run:size=1m --mount type=volume,src=a,dst=/a,readonly --volumes-from other --sysctl net.core.somaxconn=9 --ulimit nofile=1:2 --shm-size 1g --pids-limit 9 --oom-score-adj 3 --cpu-shares 5 --cpuset-cpus 0 --cgroupns private --isolation cold --storage-opt size=1G --network-alias store --ip 10.0.0.5 --add-host a:1.2.3.4 --link db:db --dns 1.1.1.1 --dns-search lan --dns-option ndots:1 web"
  expect(toLine(fromLine(line))).toBe(line)
  expect(toLine(fromLine('docker run --no-healthcheck -v /data web'))).toBe(
    'docker run -d -v /data --no-healthcheck web',
  )
  expect(requestOf(fromLine(line))).toMatchObject({
    Healthcheck: { Test: ['CMD-SHELL', 'test -e /up'], Interval: 5e9, Retries: 2 },
    NetworkingConfig: {
      EndpointsConfig: {
        back: { Aliases: ['store'], IPAMConfig: { IPv4Address: '10.0.0.5' } },
        front: {},
      },
    },
    HostConfig: { Mounts: [{ Type: 'volume', Source: 'a', Target: '/a', ReadOnly: true }], ShmSize: 2 ** 30 },
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
  ['docker container run -ti web', { tty: true }],
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
  ['docker run --mount type=image,size=1,dst=/x web', 'does not take'],
  ['docker run --health-interval soon web', 'does not take'],
])('what cannot be taken is named: %s', (line, message) => {
  if (message) expect(() => fromLine(line)).toThrow(message)
  else expect(fromLine(line).command).toBe('-p')
})

test('words as a shell takes them apart', () => {
  expect(words(`a 'b c' "d \\"e" f\\ g ''`)).toEqual(['a', 'b c', 'd "e', 'f g', ''])
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
      MaskedPaths: [],
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
