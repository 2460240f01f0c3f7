import ts from 'typescript';

/**
 * @typedef {object} Difference
 * @property {'removed' | 'changed' | 'demanded' | 'added'} kind 'demanded': a new member that is required
 * @property {string} name of the export, or `Export.member`
 * @property {string} [before]
 * @property {string} [after]
 */

/**
 * What differs for users between two texts of declarations, export by export, and in interfaces and classes member by
 * member. A declaration that is not exported counts where an exported one can lead to it: when it changes.
 * @param {string} before
 * @param {string} after
 * @returns {Difference[]}
 */
export function compare(before, after) {
  const [old, present] = [declarations(before), declarations(after)];
  const isNew = (all, name) => name.includes('.') && !all.has(name.slice(0, name.indexOf('.')));
  const differences = [];
  for (const [name, { text, meaning, exported, owner }] of old) {
    const now = present.get(name);
    if (now === undefined || (exported && !now.exported)) {
      if ((exported || owner) && !isNew(present, name)) differences.push({ kind: 'removed', name, before: text });
    } else if (now.meaning !== meaning) differences.push({ kind: 'changed', name, before: text, after: now.text });
  }
  for (const [name, { text, exported, owner, demanded }] of present) {
    if (old.has(name) || isNew(old, name) || !(exported || owner)) continue;
    differences.push({ kind: demanded ? 'demanded' : 'added', name, after: text });
  }
  return differences;
}

/** True where code that was written against the old declarations may no longer compile or run. */
export const breaks = ({ kind }) => kind !== 'added';

/** @param {string} code */
function declarations(code) {
  const source = ts.createSourceFile('api.d.ts', code, ts.ScriptTarget.Latest, true);
  const found = new Map();
  const printer = ts.createPrinter({ removeComments: true });
  const textOf = (node) => printer.printNode(ts.EmitHint.Unspecified, node, source);
  const add = (name, node, more) => {
    const text = plain(typeof node === 'string' ? node : textOf(node));
    const meaning = typeof node === 'string' ? text : plain(textOf(withoutParameterNames(node)));
    const overload = found.get(name);
    found.set(
      name,
      overload
        ? { ...more, text: `${overload.text} ${text}`, meaning: `${overload.meaning} ${meaning}` }
        : { ...more, text, meaning },
    );
  };

  for (const statement of source.statements) {
    const exported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
    if (ts.isImportDeclaration(statement)) {
      const { name, namedBindings } = statement.importClause ?? {};
      const from = textOf(statement.moduleSpecifier);
      for (const binding of [name, ...(namedBindings?.elements ?? [namedBindings])])
        if (binding) add(`import ${textOf(binding)}`, from, {});
    } else if (ts.isExportDeclaration(statement)) {
      const named = statement.exportClause?.elements?.map((specifier) => textOf(specifier.name));
      for (const name of named ?? [textOf(statement)]) add(`export ${name}`, `export { ${name} }`, { exported: true });
    } else if (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) {
      const owner = textOf(statement.name);
      add(owner, code.slice(statement.getStart(source), statement.members.pos).replace(/\{\s*$/, ''), { exported });
      for (const member of statement.members) {
        const kindName = ts.isConstructorDeclaration(member) ? 'constructor' : ts.SyntaxKind[member.kind];
        const name = `${owner}.${member.name ? textOf(member.name) : kindName}`;
        const demanded = ts.isInterfaceDeclaration(statement) && !member.questionToken;
        add(name, member, { exported, owner, demanded });
      }
    } else if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) add(textOf(name), statement, { exported });
    } else if (statement.name) add(textOf(statement.name), statement, { exported });
  }
  return found;
}

const plain = (text) =>
  text
    .replaceAll(/\s+/g, ' ')
    .replace(/[;,] *$/, '')
    .trim();

/** Parameters by their position, and `const f: (x: X) => Y` as the function that it is: callers see no difference. */
function withoutParameterNames(node) {
  const { factory } = ts;
  const visit = (context) => (node) => {
    const visited = ts.visitEachChild(node, visit(context), context);
    if (ts.isParameter(visited)) {
      const { modifiers, dotDotDotToken, questionToken, type } = visited;
      const place = factory.createIdentifier(`_${node.parent.parameters.indexOf(node)}`);
      return factory.createParameterDeclaration(modifiers, dotDotDotToken, place, questionToken, type);
    }
    if (ts.isVariableStatement(visited) && visited.declarationList.declarations.length === 1) {
      const [{ name, type }] = visited.declarationList.declarations;
      if (type && ts.isFunctionTypeNode(type)) {
        const { typeParameters, parameters, type: returned } = type;
        const { modifiers } = visited;
        return factory.createFunctionDeclaration(modifiers, undefined, name, typeParameters, parameters, returned);
      }
    }
    return visited;
  };
  return ts.transform(node, [(context) => (root) => visit(context)(root)]).transformed[0];
}
