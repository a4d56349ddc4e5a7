import { expect, test } from 'vitest'
import type { ContainerInspect } from '../../../../contract/docker.ts'
import { fromLine, toLine } from './line.ts'
import { fromInspect, problems, requestOf, words } from './model.ts'

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
    Name: '/web',
    Image: 'sha256:1',
    Config: {
      Image: 'web',
      Env: ['PATH=/bin', 'A=1'],
      Cmd: ['serve'],
      Tty: false,
      Labels: { of: 'image', own: 'x' },
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
