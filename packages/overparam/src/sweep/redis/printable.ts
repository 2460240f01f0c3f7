/** Text from outside without what could move the cursor, and not endless. */
export const printable = (text: string): string => text.replace(/\p{C}/gu, ' ').slice(0, 500);
