/** Runs `body` with members of `target` replaced, and puts them back. */
export function intercept<T extends object, R>(target: T, members: Partial<T>, body: () => R): R {
  const before = Object.keys(members).map((key) => [key, Object.getOwnPropertyDescriptor(target, key)] as const);
  Object.assign(target, members);
  try {
    return body();
  } finally {
    for (const [key, own] of before)
      if (own) Object.defineProperty(target, key, own);
      else delete target[key as keyof T];
  }
}
