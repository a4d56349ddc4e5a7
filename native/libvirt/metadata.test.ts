import { expect, test } from 'vitest'
import { domainXml, failure, mockHost } from './test-driver.ts'

const URI = 'https://ramet.dev/test/1'

test('an element of metadata is set, read back, replaced and removed', async () => {
  await using host = await mockHost()
  const domain = await (await host.open()).defineXML(domainXml('noted'))
  expect((await failure(domain.metadata('element', URI))).symbol).toBe('VIR_ERR_NO_DOMAIN_METADATA')
  await domain.setMetadata('element', '<note>one</note>', 'own', URI)
  expect(await domain.metadata('element', URI)).toBe('<note>one</note>')
  expect(await domain.xml()).toContain(`<own:note xmlns:own="${URI}">one</own:note>`)
  await domain.setMetadata('element', '<note>two</note>', 'own', URI)
  expect(await domain.metadata('element', URI)).toBe('<note>two</note>')
  await domain.setMetadata('element', null, 'own', URI)
  expect((await failure(domain.metadata('element', URI))).symbol).toBe('VIR_ERR_NO_DOMAIN_METADATA')
})

test('title and description are texts of their own', async () => {
  await using host = await mockHost()
  const domain = await (await host.open()).defineXML(domainXml('titled'))
  await domain.setMetadata('title', 'a title')
  await domain.setMetadata('description', 'two\nlines & <signs> and ümläuts €')
  expect(await domain.metadata('title')).toBe('a title')
  expect(await domain.metadata('description')).toBe('two\nlines & <signs> and ümläuts €')
  await domain.setMetadata('title', null)
  expect((await failure(domain.metadata('title'))).symbol).toBe('VIR_ERR_NO_DOMAIN_METADATA')
  const lines = await failure(domain.setMetadata('title', 'two\nlines'))
  expect(lines).toMatchObject({ symbol: 'VIR_ERR_INVALID_ARG', level: 2 })
})

test('what a domain runs with and what it will start with are apart', async () => {
  await using host = await mockHost()
  const domain = await (await host.open()).defineXML(domainXml('both'))
  const off = await failure(domain.setMetadata('title', 'x', undefined, undefined, { live: true }))
  expect(off.message).toMatch(/not running/)
  await domain.create()
  await domain.setMetadata('title', 'now', undefined, undefined, { live: true })
  await domain.setMetadata('title', 'later', undefined, undefined, { config: true })
  expect(await domain.metadata('title', undefined, { live: true })).toBe('now')
  expect(await domain.metadata('title', undefined, { config: true })).toBe('later')
})

test('metadata as large as a record can be comes back whole', async () => {
  await using host = await mockHost()
  const domain = await (await host.open()).defineXML(domainXml('large'))
  const record = Buffer.alloc(512 * 1024, 'ramet').toString('base64')
  await domain.setMetadata('element', `<record>${record}</record>`, 'own', URI)
  expect(await domain.metadata('element', URI)).toBe(`<record>${record}</record>`)
})

test('what is not XML is refused and changes nothing', async () => {
  await using host = await mockHost()
  const domain = await (await host.open()).defineXML(domainXml('kept'))
  await domain.setMetadata('element', '<note>kept</note>', 'own', URI)
  const malformed = await failure(domain.setMetadata('element', '<note>', 'own', URI))
  expect(malformed.symbol).toBe('VIR_ERR_XML_DETAIL')
  expect((await failure(domain.setMetadata('element', '<note/>'))).symbol).toBe('VIR_ERR_INVALID_ARG')
  expect(await domain.metadata('element', URI)).toBe('<note>kept</note>')
})
