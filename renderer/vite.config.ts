import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const INERT = new URL('src/text/inert.ts', import.meta.url).pathname
const SHOWS = /\btoDisplayString as _toDisplayString,?/

/** All text that templates show goes through `src/text/inert.ts`. */
const inert: Plugin = {
  name: 'inert-text',
  enforce: 'post',
  transform(code, id) {
    if (!/\.vue($|\?)/.test(id) || !code.includes('_toDisplayString(')) return
    if (!SHOWS.test(code)) throw new Error(`${id} shows text in a way that is not known here`)
    return `import { shownText as _toDisplayString } from ${JSON.stringify(INERT)};${code.replace(SHOWS, '')}`
  },
}

export default defineConfig({
  plugins: [vue(), inert],
  build: { target: 'chrome130', modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1500 },
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
})
