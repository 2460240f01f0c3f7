import { replacements } from './replacements.js';

/** ESLint's rule for the words of docs/style.md: in comments and texts of JavaScript and TypeScript, and in Markdown. */
export const plainEnglish = {
  meta: { type: 'suggestion', schema: [], messages: { avoid: "'{{found}}': write {{instead}}. See docs/style.md." } },
  create(context) {
    const { sourceCode } = context;
    const check = (text, loc) => {
      for (const [, pattern, instead] of replacements) {
        const [found] = pattern.exec(text.toLowerCase()) ?? [];
        if (found !== undefined) context.report({ loc, messageId: 'avoid', data: { found, instead } });
      }
    };
    if (sourceCode.getAllComments === undefined) return { text: (node) => check(node.value, sourceCode.getLoc(node)) };
    return {
      Program() {
        for (const { value, loc } of sourceCode.getAllComments())
          // Lines of a block become one, for phrases that a line break divides.
          if (!/^\s*(?:eslint|prettier|@ts-)/.test(value)) check(value.replaceAll(/\s*\n\s*\*?\s*/g, ' '), loc);
      },
      // One word is a name.
      Literal: ({ value, loc }) => void (typeof value === 'string' && /\s/.test(value) && check(value, loc)),
      TemplateElement: ({ value, loc }) => void (/\s/.test(value.cooked ?? '') && check(value.cooked, loc)),
    };
  },
};
