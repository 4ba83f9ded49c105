/** Whether two texts are the same to GitHub, which may keep other line ends and drop blanks at the end. */
export const sameText = (a: string, b: string): boolean => plainEnds(a) === plainEnds(b)

const plainEnds = (text: string) => text.replaceAll('\r\n', '\n').trimEnd()
