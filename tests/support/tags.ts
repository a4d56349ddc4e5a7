/** Of a test whose suite runs whole as root alone: it runs as an ordinary user too (ordinary-user.ts). */
export const AS_USER = { tags: ['ordinary-user'] }
