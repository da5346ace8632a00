/** Why a text cannot be part of a key, if so: storages encode it as UTF-8, and some end it at NUL. */
export const unstorableText = (text: string): string | undefined =>
  text.isWellFormed() && !text.includes("\0") ? undefined : "must not contain NUL or half a surrogate pair"
