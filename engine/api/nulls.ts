interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema
  items?: Schema
  enum?: unknown[]
}

/** What Docker's server makes of a null among the values of a map. */
const ZEROS: Record<string, () => unknown> = { string: () => '', object: () => ({}) }

/**
 * Makes of nulls what Docker's server does, wherever `schema` knows a field: an object's field is as if it were not there,
 * a map keeps the name. Clients that are not written in Go send nulls for whatever they leave open.
 */
export function settleNulls(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) settleNulls(schema.items ?? {}, item)
  } else if (typeof value === 'object' && value !== null) {
    settleFields(schema, value as Record<string, unknown>)
  }
}

function settleFields(
  { properties = {}, additionalProperties }: Schema,
  fields: Record<string, unknown>,
): void {
  for (const [name, field] of Object.entries(fields)) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (own && field === null) Reflect.deleteProperty(fields, name)
    else if (own) settleNulls(own, field)
    else if (additionalProperties && field === null) fields[name] = zero(additionalProperties)
    else if (additionalProperties) settleNulls(additionalProperties, field)
  }
}

/** Null where the schema allows that, too. */
function zero({ type = '' }: Schema): unknown {
  return typeof type === 'string' ? (ZEROS[type]?.() ?? null) : null
}
