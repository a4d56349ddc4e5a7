import js from '@eslint/js'
import boundaries from 'eslint-plugin-boundaries'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

/** A folder is a layer or a process; imports run one way: each layer may import what is listed, and itself. */
const LAYERS = {
  contract: [],
  'engine-images': ['contract'],
  'engine-guest': ['contract'],
  'engine-switch': ['contract'],
  'native-libvirt': [],
  'native-switch': [],
  'native-memory': [],
  'native-guard': [],
  'engine-hypervisor': ['contract', 'native-libvirt', 'native-memory', 'native-guard'],
  'engine-templates': ['contract', 'engine-hypervisor', 'engine-guest'],
  'engine-services': [
    'contract',
    'engine-images',
    'engine-guest',
    'engine-hypervisor',
    'engine-switch',
    'engine-templates',
  ],
  'engine-api': ['contract'],
  'engine-main': [
    'contract',
    'engine-api',
    'engine-services',
    'engine-images',
    'engine-guest',
    'engine-hypervisor',
    'engine-switch',
    'engine-templates',
    'native-memory',
    'native-switch',
  ],
  electron: ['contract'],
  cli: ['contract'],
  'renderer-text': [],
  'renderer-api': ['contract'],
  'renderer-stores': ['contract', 'renderer-api', 'renderer-text'],
  'renderer-components': ['contract', 'renderer-api', 'renderer-text'],
  'renderer-features': [
    'contract',
    'renderer-api',
    'renderer-stores',
    'renderer-components',
    'renderer-text',
  ],
  'renderer-main': [
    'contract',
    'renderer-api',
    'renderer-stores',
    'renderer-components',
    'renderer-features',
    'renderer-text',
  ],
  tests: [
    'contract',
    'cli',
    'electron',
    'engine-api',
    'engine-services',
    'engine-images',
    'engine-guest',
    'engine-hypervisor',
    'engine-switch',
    'engine-templates',
    'native-libvirt',
  ],
}

const policies = (layers) =>
  Object.entries(layers).map(([from, allow]) => ({
    from: { element: { type: from } },
    allow: [from, ...allow].map((type) => ({ to: { element: { type } } })),
  }))

/** Electron's doors: each is opened in one file, or in none. */
const DOORS = [
  { name: 'ipcMain', file: 'electron/main/ipc/answer.ts' },
  { name: 'shell', file: 'electron/main/modules/external.ts' },
  { name: 'executeJavaScript' },
  { name: 'setZoomFactor' },
]
const closed = (doors) =>
  doors.flatMap(({ name, file }) => {
    const message = file ? `only ${file} uses ${name}` : `${name} is not used`
    return [
      { selector: `Identifier[name='${name}']`, message },
      { selector: `Literal[value='${name}']`, message },
    ]
  })
/** Text of others becomes text, never markup. */
const MARKUP = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'srcdoc', 'createContextualFragment'].map(
  (name) => ({
    selector: `Identifier[name='${name}']`,
    message: `${name} makes markup of text; use textContent, or a template`,
  }),
)

export default tseslint.config(
  { ignores: ['node_modules/', '.build/', '.toolchain/', 'native/*/out/', 'out/', '**/dist/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.vue'] } },
    plugins: { boundaries },
    settings: {
      'boundaries/elements': [
        { type: 'contract', pattern: 'contract' },
        { type: 'engine-api', pattern: 'engine/api' },
        { type: 'engine-services', pattern: 'engine/services' },
        { type: 'engine-images', pattern: 'engine/images' },
        { type: 'engine-templates', pattern: 'engine/templates' },
        { type: 'engine-hypervisor', pattern: 'engine/hypervisor' },
        { type: 'engine-guest', pattern: 'engine/guest' },
        { type: 'engine-switch', pattern: 'engine/switch' },
        { type: 'engine-main', pattern: 'engine' },
        { type: 'native-libvirt', pattern: 'native/libvirt' },
        { type: 'native-switch', pattern: 'native/switch' },
        { type: 'native-memory', pattern: 'native/memory' },
        { type: 'native-guard', pattern: 'native/guard' },
        { type: 'electron', pattern: 'electron/**', partialMatch: false },
        { type: 'cli', pattern: 'cli' },
        { type: 'renderer-text', pattern: 'renderer/src/text' },
        { type: 'renderer-api', pattern: 'renderer/src/api' },
        { type: 'renderer-stores', pattern: 'renderer/src/stores' },
        { type: 'renderer-components', pattern: 'renderer/src/components' },
        { type: 'renderer-features', pattern: 'renderer/src/features' },
        { type: 'renderer-main', pattern: 'renderer' },
        { type: 'tests', pattern: 'tests' },
      ],
      'import/resolver': { node: { extensions: ['.ts', '.js', '.vue'] } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: policies(LAYERS),
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['engine/**/*.ts', 'cli/**/*.ts', 'contract/**/*.ts', 'renderer/**/*.{ts,vue}'],
    rules: { 'no-restricted-imports': ['error', { paths: ['electron'] }] },
  },
  {
    files: ['electron/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...closed(DOORS)],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'electron', allowTypeImports: true, message: 'main.ts hands it on' }] },
      ],
    },
  },
  {
    files: ['electron/main/main.ts', 'electron/preload/preload.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    // Tests of a connection have the real server at its other end.
    files: ['electron/**/*.test.ts', 'electron/testing/**'],
    rules: {
      'boundaries/dependencies': [
        'error',
        { default: 'disallow', policies: policies({ electron: ['contract', 'engine-api'] }) },
      ],
      'no-restricted-syntax': 'off',
    },
  },
  ...DOORS.filter(({ file }) => file).map(({ name, file }) => ({
    files: [file],
    rules: {
      'no-restricted-syntax': ['error', ...closed(DOORS.filter((each) => each.name !== name))],
    },
  })),
  {
    files: ['renderer/**/*.{ts,vue}'],
    rules: {
      'no-undef': 'off',
      'vue/no-v-html': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'no-restricted-syntax': ['error', ...MARKUP],
    },
  },
  {
    // Only api/ touches what a browser or Electron gives.
    files: ['renderer/src/{stores,components,features}/**/*.{ts,vue}', 'renderer/src/*.{ts,vue}'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['window', 'localStorage', 'sessionStorage', 'navigator', 'fetch', 'WebSocket', 'history'].map(
          (name) => ({
            name,
            message: 'only renderer/src/api touches it',
          }),
        ),
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  prettier,
)
