import { expect, test } from 'vitest'
import { Element } from './xml.ts'

test('elements, attributes and text', () => {
  const domain = new Element('domain', { type: 'kvm', 'xmlns:qemu': 'urn:q' })
  domain.ele('name').txt('one')
  domain.ele('features').ele('acpi')
  domain.ele('devices')
  expect(domain.toString()).toBe(
    '<domain type="kvm" xmlns:qemu="urn:q">\n  <name>one</name>\n  <features>\n    <acpi/>\n  </features>\n  <devices/>\n</domain>',
  )
})

test('text never becomes markup', () => {
  const element = new Element('a', { b: `"'<>&\n\t` }).txt(']]></a><a b="1">&amp;')
  expect(element.toString()).toBe(
    `<a b="&quot;'&lt;&gt;&amp;&#10;&#9;">]]&gt;&lt;/a&gt;&lt;a b=&quot;1&quot;&gt;&amp;amp;</a>`,
  )
})

test.each(['\0', 'a\x1bb', '\ud800', '\ufffe'])('%j cannot be said and is refused', (text) => {
  expect(() => new Element('a').txt(text).toString()).toThrow(TypeError)
  expect(() => new Element('a', { b: text }).toString()).toThrow(TypeError)
})

test('what is no ASCII stays as it is', () => {
  expect(new Element('a').txt('größe € 😀').toString()).toBe('<a>größe € 😀</a>')
})
