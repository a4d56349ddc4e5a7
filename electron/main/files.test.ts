import { expect, test } from 'vitest'
import { fakeElectron } from '../testing/fake-electron.ts'
import { appFiles } from './files.ts'

test('files of a checkout, and of a package', () => {
  const app = (isPackaged: boolean, path: string) =>
    fakeElectron({ app: { isPackaged, getAppPath: () => path } }).app
  expect(appFiles(app(false, '/src'), '/electron/resources')).toMatchObject({
    page: '/src/renderer/dist',
    engine: '/src/out/engine/main.js',
    kit: '/src/native/guest/out/kit',
  })
  const resources = '/opt/Ramet/resources'
  expect(appFiles(app(true, `${resources}/app.asar`), resources)).toEqual({
    page: `${resources}/app.asar/renderer/dist`,
    preload: `${resources}/app.asar/out/preload/preload.cjs`,
    icons: `${resources}/app.asar/build/icons`,
    engine: `${resources}/app.asar.unpacked/out/engine/main.js`,
    kit: `${resources}/kit`,
  })
})
