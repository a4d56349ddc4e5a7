import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { allocatePorts, wantedPorts } from './ports.ts'

const wanted = (HostPort: string, HostIp = '') =>
  wantedPorts({}, { PortBindings: { '80/tcp': [{ HostIp, HostPort }] } })

test('without an address a port is published on the workstation alone', () => {
  expect(wanted('8080')).toEqual([{ protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8080, guestPort: 80 }])
  expect(wanted('8080', '0.0.0.0')).toMatchObject([{ hostIp: '0.0.0.0' }])
})

test.each([
  ['', '::1', 'NOT_SUPPORTED', 'on IPv4 only'],
  ['', 'localhost', 'INVALID_ARGUMENT', 'not an address of the host'],
  ['70000', '', 'INVALID_ARGUMENT', 'not a host port'],
  ['90-80', '', 'INVALID_ARGUMENT', 'not a host port'],
  ['http', '', 'INVALID_ARGUMENT', 'not a host port'],
])('host port %j on %j is refused', (port, address, code, message) => {
  expect(() => wanted(port, address)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  )
})

test('of a range the first free port is taken, each once', async () => {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const range = `${port}-${port + 20}`
  const [one, two] = await allocatePorts([...wanted(range), ...wanted(range)])
  expect(one!.hostPort).toBeGreaterThan(port)
  expect(two!.hostPort).toBeGreaterThan(one!.hostPort)
  await expect(allocatePorts(wanted(String(port)))).rejects.toMatchObject({ code: 'PORT_TAKEN' })
})
