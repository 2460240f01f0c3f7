import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { OverparamError, badOption } from '@overparam/core';
import { checkModules, type Modules, type VariableSlice } from './modules.ts';

/** A trainable parameter of a model. */
export interface NamedParameter {
  readonly name: string;
  readonly variable: Variable;
  /**
   * The layer's name, with the names of the nested models that it is in where other layers have the same name; for
   * parameters without a layer, the name up to its last '/'.
   */
  readonly layer: string;
}

/**
 * Parameters by name, by names, by a pattern of the name, or by a function. For `layers` and `filters` names and patterns
 * may be those of layers too.
 */
export type Which = string | readonly string[] | RegExp | ((parameter: NamedParameter) => boolean);

/** Makes modules of some of the parameters. */
export type ModuleRule = (parameters: readonly NamedParameter[]) => Modules;

interface WeightOfModel {
  readonly name: string;
  /** Without what tells it from weights of that name in other models. */
  readonly originalName?: string;
  read(): Tensor;
}

interface LayerOfModel {
  readonly name: string;
  readonly trainableWeights: readonly WeightOfModel[];
  readonly layers?: readonly LayerOfModel[];
}

/** What is used of a `tf.LayersModel`. */
export interface ModelWithLayers {
  readonly built: boolean;
  readonly trainableWeights: readonly WeightOfModel[];
  readonly layers: readonly LayerOfModel[];
}

/** Trainable parameters: of a `tf.LayersModel`, or a list of them, by names of one's own or the variables' names. */
export type ParametersOfModel =
  ModelWithLayers | readonly Variable[] | readonly { readonly name: string; readonly variable: Variable }[];

/**
 * The modules of a model, by rules; rules that give the same name add to one module. What no rule takes is left to the
 * module `others`.
 *
 * @throws OverparamError `NOT_BUILT`, `EMPTY_MODULE` for a rule that fits nothing, `MODULES_OVERLAP`, `BAD_OPTION`
 */
export function modulesOf(model: ParametersOfModel, rules: readonly ModuleRule[]): Modules {
  const parameters = parametersOf(model);
  const modules: Record<string, (Variable | VariableSlice)[]> = {};
  for (const rule of rules)
    for (const [name, members] of Object.entries(rule(parameters))) (modules[name] ??= []).push(...members);
  checkModules(modules);
  return modules;
}

/** Each layer is a module of its name; those that have a parameter that is meant, where some are named. */
export const layers =
  (which: Which = () => true): ModuleRule =>
  (parameters) => {
    const chosen = new Set(selected(parameters, which, 'layers', true).map(({ layer }) => layer));
    return collected(parameters.filter(({ layer }) => chosen.has(layer)).map((one) => [one.layer, one.variable]));
  };

/**
 * Parameters by a pattern: a module for each text that the first group of the pattern takes on, or of the whole match
 * where it has no group. `group(/^(layer\d+\/feed-forward)\//)`.
 */
export function group(pattern: RegExp): ModuleRule;
/** One module of that name. */
export function group(name: string, which: Which): ModuleRule;
export function group(nameOrPattern: string | RegExp, which?: Which): ModuleRule {
  return (parameters) => {
    if (typeof nameOrPattern === 'string') {
      const members = selected(parameters, which!, `group('${nameOrPattern}')`);
      return { [nameOrPattern]: members.map(({ variable }) => variable) };
    }
    const members = selected(parameters, nameOrPattern, 'group');
    return collected(members.map((one) => [textOf(nameOrPattern, one.name)!, one.variable]));
  };
}

export interface HeadsOptions {
  /** Heads of a layer of attention. */
  readonly count: number;
  /**
   * Which parameters belong to one layer of attention: those in whose names the pattern's first group takes on the same
   * text. The modules are called `text/head0`, `text/head1`, ... The layer's name when absent.
   */
  readonly within?: RegExp;
  /** Queries, keys and values, and their biases: split in `count` parts along their last axis, or along the axis of heads. */
  readonly projections?: Which;
  /** Queries, keys and values side by side in one tensor: three blocks along the last axis, each split in `count` parts. */
  readonly fused?: Which;
  /** What the heads' outputs are multiplied by: split in `count` parts along its first axis. */
  readonly output?: Which;
}

/** Each attention head is a module, as slices of tensors that hold all heads. */
export const heads =
  ({ count, within, projections, fused, output }: HeadsOptions): ModuleRule =>
  (parameters) => {
    if (!Number.isInteger(count) || count < 1) throw badOption('heads.count', count, 'a whole number >= 1');
    const slices = (
      which: Which | undefined,
      role: string,
      axisOf: (variable: Variable) => number,
      blocks: number,
    ): [string, VariableSlice][] =>
      which === undefined
        ? []
        : selected(parameters, which, `heads, ${role}`).flatMap(({ name, layer, variable }) => {
            const text = within ? textOf(within, name) : layer;
            if (text === undefined) throw badOption('heads.within', String(within), `a pattern that fits '${name}'`);
            const axis = axisOf(variable);
            const length = variable.shape[axis] ?? 0;
            const size = length / blocks / count;
            if (!Number.isInteger(size) || size === 0)
              throw badOption(
                'heads.count',
                count,
                `a number that divides ${blocks > 1 ? `a third of ` : ''}the ${length} indices of axis ${axis} of '${name}'`,
              );
            return Array.from({ length: blocks * count }, (_, i): [string, VariableSlice] => [
              `${text}/head${i % count}`,
              { variable, axis, start: i * size, size },
            ]);
          });
    if (!within) checkGrouped(parameters, { projections, fused, output });
    const last = ({ rank }: Variable): number => rank - 1;
    const ofHeads = ({ shape, rank }: Variable): number =>
      rank >= 2 && shape[rank - 2] === count ? rank - 2 : rank - 1;
    const made = [
      ...slices(projections, 'projections', ofHeads, 1),
      ...slices(fused, 'fused', last, 3),
      ...slices(output, 'output', () => 0, 1),
    ];
    if (made.length === 0) throw badOption('heads', '{ count }', "'projections', 'fused' or 'output'");
    return collected(made);
  };

/** Without `within`, the heads of a layer are those of its own parameters: all roles have to be in the same layers. */
function checkGrouped(
  parameters: readonly NamedParameter[],
  roles: Readonly<Record<'projections' | 'fused' | 'output', Which | undefined>>,
): void {
  const matrices = Object.entries(roles).flatMap(([role, which]) =>
    which === undefined
      ? []
      : [[role, selected(parameters, which, `heads, ${role}`).filter(({ variable }) => variable.rank >= 2)] as const],
  );
  const layersOf = (of: readonly NamedParameter[]): string[] => [...new Set(of.map(({ layer }) => layer))].sort();
  const all = layersOf(matrices.flatMap(([, of]) => of));
  const apart = matrices.some(([, of]) => String(layersOf(of)) !== String(all));
  // Queries, keys and values that are in a layer each.
  const alone = matrices.some(
    ([role, of]) => role === 'projections' && of.length > 1 && layersOf(of).length === of.length,
  );
  if (apart || alone)
    throw badOption(
      'heads.within',
      'absent',
      `a pattern whose first group is the same text for all parameters of one attention: they are in different layers (${all.join(', ')})`,
    );
}

/** Each output channel of a layer is a module, `layer/filter0`, ...: a slice of its kernel, and of its bias, along the last axis. */
export const filters =
  (which: Which): ModuleRule =>
  (parameters) =>
    collected(
      selected(parameters, which, 'filters', true).flatMap(({ layer, variable }) => {
        const axis = variable.rank - 1;
        return Array.from({ length: variable.shape[axis] ?? 0 }, (_, i): [string, VariableSlice] => [
          `${layer}/filter${i}`,
          { variable, axis, start: i, size: 1 },
        ]);
      }),
    );

function collected(members: readonly (readonly [name: string, Variable | VariableSlice])[]): Modules {
  const modules: Record<string, (Variable | VariableSlice)[]> = {};
  for (const [name, member] of members) (modules[name] ??= []).push(member);
  return modules;
}

function selected(
  parameters: readonly NamedParameter[],
  which: Which,
  rule: string,
  byLayer: boolean = false,
): NamedParameter[] {
  const namesOf = ({ name, layer }: NamedParameter): readonly string[] => (byLayer ? [name, layer] : [name]);
  if (which === undefined || which === null || which === '')
    throw badOption(
      `The parameters of the rule ${rule}`,
      which,
      'a name, names, a pattern, or a function of a parameter',
    );
  const listed = typeof which === 'string' ? [which] : Array.isArray(which) ? (which as readonly string[]) : [];
  const fits = (parameter: NamedParameter): boolean => {
    if (typeof which === 'function') return which(parameter);
    if (which instanceof RegExp) return namesOf(parameter).some((name) => textOf(which, name) !== undefined);
    return namesOf(parameter).some((name) => listed.includes(name));
  };
  const unknown = listed.find((name) => !parameters.some((parameter) => namesOf(parameter).includes(name)));
  const names = [...new Set(parameters.flatMap(namesOf))].join(', ');
  if (unknown !== undefined)
    throw new OverparamError('UNKNOWN_PARAMETER', `The rule ${rule} names '${unknown}', which is not among ${names}.`);
  const chosen = parameters.filter(fits);
  if (chosen.length > 0) return chosen;
  throw new OverparamError(
    'EMPTY_MODULE',
    `The rule ${rule} fits no parameter (${typeof which === 'function' ? 'a function' : String(which)}): the parameters are ${names}.`,
  );
}

/** Of the first group, or of the whole match. */
function textOf(pattern: RegExp, name: string): string | undefined {
  const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(name);
  return match ? (match[1] ?? match[0]) : undefined;
}

function parametersOf(model: ParametersOfModel): readonly NamedParameter[] {
  if ('trainableWeights' in model) return ofLayers(model);
  return (model as readonly (Variable | { readonly name: string; readonly variable: Variable })[]).map((one) => {
    const { name } = one;
    const variable = 'assign' in one ? one : one.variable;
    return { name, variable, layer: name.slice(0, Math.max(0, name.lastIndexOf('/'))) || name };
  });
}

function ofLayers(model: ModelWithLayers): readonly NamedParameter[] {
  if (!model.built && model.trainableWeights.length === 0)
    throw new OverparamError(
      'NOT_BUILT',
      "The model has no weights yet: add layers, the first with an 'inputShape', or call model.build(shape).",
    );
  const pathOf = new Map<LayerOfModel, string>();
  const ownerOf = new Map<Tensor, LayerOfModel>();
  const visit = (layer: LayerOfModel, path: string): void => {
    const here = path === '' ? layer.name : `${path}/${layer.name}`;
    if (layer.layers) return layer.layers.forEach((inner) => visit(inner, here));
    // A layer that is used twice is one layer, under the first path.
    if (!pathOf.has(layer)) pathOf.set(layer, here);
    layer.trainableWeights.forEach((weight) => ownerOf.set(weight.read(), layer));
  };
  model.layers.forEach((layer) => visit(layer, ''));
  const nameOf = (layer: LayerOfModel): string =>
    [...pathOf.keys()].some((other) => other !== layer && other.name === layer.name) ? pathOf.get(layer)! : layer.name;
  return model.trainableWeights.map((weight) => {
    const variable = weight.read() as Variable;
    const name = weight.originalName ?? weight.name;
    const owner = ownerOf.get(variable);
    return { name, variable, layer: owner ? nameOf(owner) : name };
  });
}
