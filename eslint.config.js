import js from '@eslint/js'
import boundaries from 'eslint-plugin-boundaries'
import prettier from 'eslint-config-prettier'
import tseslint from 'typescript-eslint'

/** A folder is a layer or a process; imports run one way: each layer may import what is listed, and itself. */
const LAYERS = {
  contract: [],
  'engine-images': ['contract'],
  'engine-guest': ['contract'],
  'native-libvirt': [],
  'engine-hypervisor': ['contract', 'native-libvirt'],
  'engine-templates': ['contract', 'engine-hypervisor', 'engine-guest'],
  'engine-services': ['contract', 'engine-images', 'engine-guest', 'engine-hypervisor', 'engine-templates'],
  'engine-api': ['contract'],
  'engine-main': [
    'contract',
    'engine-api',
    'engine-services',
    'engine-images',
    'engine-guest',
    'engine-hypervisor',
    'engine-templates',
  ],
  cli: ['contract'],
  tests: [
    'contract',
    'cli',
    'engine-api',
    'engine-services',
    'engine-images',
    'engine-guest',
    'engine-hypervisor',
    'engine-templates',
    'native-libvirt',
  ],
}

export default tseslint.config(
  { ignores: ['node_modules/', '.toolchain/', 'native/*/out/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
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
        { type: 'engine-main', pattern: 'engine' },
        { type: 'native-libvirt', pattern: 'native/libvirt' },
        { type: 'cli', pattern: 'cli' },
        { type: 'tests', pattern: 'tests' },
      ],
      'import/resolver': { node: { extensions: ['.ts', '.js'] } },
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: Object.entries(LAYERS).map(([from, allow]) => ({
            from: { element: { type: from } },
            allow: [from, ...allow].map((type) => ({ to: { element: { type } } })),
          })),
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  {
    files: ['engine/**/*.ts', 'cli/**/*.ts', 'contract/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: ['electron'] }] },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
  prettier,
)
