/** The mode of the editor for a file of this name; undefined for plain text. Each is loaded when it is needed. */
export async function languageOf(name: string): Promise<unknown> {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  const file = name.slice(name.lastIndexOf('/') + 1)
  if (['json', 'js', 'mjs', 'cjs', 'ts'].includes(extension)) {
    const { javascript, json, typescript } = await import('@codemirror/legacy-modes/mode/javascript')
    return extension === 'json' ? json : extension === 'ts' ? typescript : javascript
  }
  if (['sh', 'bash', 'profile', 'bashrc'].includes(extension))
    return (await import('@codemirror/legacy-modes/mode/shell')).shell
  if (['yml', 'yaml'].includes(extension)) return (await import('@codemirror/legacy-modes/mode/yaml')).yaml
  if (extension === 'toml') return (await import('@codemirror/legacy-modes/mode/toml')).toml
  if (extension === 'py') return (await import('@codemirror/legacy-modes/mode/python')).python
  if (file === 'Dockerfile') return (await import('@codemirror/legacy-modes/mode/dockerfile')).dockerFile
  if (['conf', 'ini', 'cfg', 'env', 'properties'].includes(extension))
    return (await import('@codemirror/legacy-modes/mode/properties')).properties
  return undefined
}
