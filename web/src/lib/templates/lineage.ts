// SPDX-License-Identifier: Apache-2.0
// What was made from what: a forest of templates, drawn as rows with lines between them.

export interface Made {
  id: string;
  name: string;
  type: 'base' | 'snapshot';
  platform: boolean;
  created_at: string;
  parent_template_id?: string;
  parent?: string;
  source_sandbox_id?: string;
}

export type Kind = 'platform' | 'built' | 'snapshot';

export const kindOf = (template: Pick<Made, 'type' | 'platform'>): Kind =>
  template.type === 'snapshot' ? 'snapshot' : template.platform ? 'platform' : 'built';

export interface Node<T extends Made = Made> {
  template: T;
  children: Node<T>[];
  /** Its parent's name, where the parent is not (or no longer) among the templates. */
  lostParent?: string;
}

const older = (a: Made, b: Made) =>
  a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : a.name < b.name ? -1 : 1;

/** Parents before children, older before younger, the platform's templates first. */
export function forestOf<T extends Made>(templates: readonly T[]): Node<T>[] {
  const nodes = new Map(templates.map((t) => [t.id, { template: t, children: [] } as Node<T>]));
  const roots: Node<T>[] = [];
  for (const node of nodes.values()) {
    const parentId = node.template.parent_template_id;
    const parent = parentId ? nodes.get(parentId) : undefined;
    if (parent && !comesFrom(parent.template, node.template.id, nodes)) parent.children.push(node);
    else {
      if (parentId && !parent) node.lostParent = node.template.parent ?? 'a deleted template';
      roots.push(node);
    }
  }
  for (const node of nodes.values()) node.children.sort((a, b) => older(a.template, b.template));
  return roots.sort(
    (a, b) => Number(b.template.platform) - Number(a.template.platform) || older(a.template, b.template),
  );
}

/** Whether following parents from `start` meets `id`: such a ring is no tree. */
function comesFrom<T extends Made>(start: T, id: string, nodes: ReadonlyMap<string, Node<T>>): boolean {
  const seen = new Set<string>();
  for (let at: T | undefined = start; at && !seen.has(at.id);) {
    if (at.id === id) return true;
    seen.add(at.id);
    at = at.parent_template_id ? nodes.get(at.parent_template_id)?.template : undefined;
  }
  return false;
}

export interface LineageRow<T extends Made = Made> {
  node: Node<T>;
  depth: number;
  position: number;
  siblings: number;
  /** For each level above: whether a line runs on to a later sibling of that ancestor. */
  rails: boolean[];
  isLast: boolean;
  expanded?: boolean;
}

/** The rows to draw; children of folded templates are left out. */
export function rowsOf<T extends Made>(
  forest: readonly Node<T>[],
  folded: ReadonlySet<string> = new Set(),
  depth = 0,
  rails: boolean[] = [],
): LineageRow<T>[] {
  return forest.flatMap((node, i): LineageRow<T>[] => {
    const isLast = i === forest.length - 1;
    const isOpen = !folded.has(node.template.id);
    const row: LineageRow<T> = {
      node,
      depth,
      position: i + 1,
      siblings: forest.length,
      rails,
      isLast,
      ...(node.children.length ? { expanded: isOpen } : {}),
    };
    if (!isOpen) return [row];
    return [row, ...rowsOf(node.children, folded, depth + 1, depth === 0 ? [] : [...rails, !isLast])];
  });
}

/** The line of parents of a template, oldest first, without itself. */
export function ancestorsOf<T extends Made>(template: T, all: readonly T[]): T[] {
  const byId = new Map(all.map((t) => [t.id, t]));
  const found: T[] = [];
  const seen = new Set([template.id]);
  for (let id = template.parent_template_id; id && !seen.has(id);) {
    seen.add(id);
    const parent = byId.get(id);
    if (!parent) break;
    found.unshift(parent);
    id = parent.parent_template_id;
  }
  return found;
}

/** All that was made from a template, directly or not. */
export function descendantsOf<T extends Made>(template: T, all: readonly T[]): T[] {
  const found: T[] = [];
  const walk = (nodes: readonly Node<T>[], inside: boolean) => {
    for (const node of nodes) {
      if (inside) found.push(node.template);
      walk(node.children, inside || node.template.id === template.id);
    }
  };
  walk(forestOf(all), false);
  return found;
}

/** The part of the forest that has to do with one template: its line of parents and all its descendants. */
export function familyOf<T extends Made>(template: T, all: readonly T[]): T[] {
  return [...ancestorsOf(template, all), template, ...descendantsOf(template, all)];
}

/** Where the arrow keys lead in the drawn tree: a row, or a template to fold or unfold. */
export function keyMove(
  key: string,
  rows: readonly LineageRow[],
  at: number,
): { to: number } | { toggle: string } | undefined {
  const row = rows[at];
  if (!row) return undefined;
  const clamp = (n: number) => ({ to: Math.min(rows.length - 1, Math.max(0, n)) });
  switch (key) {
    case 'ArrowDown':
      return clamp(at + 1);
    case 'ArrowUp':
      return clamp(at - 1);
    case 'Home':
      return clamp(0);
    case 'End':
      return clamp(rows.length - 1);
    case 'ArrowRight':
      if (row.expanded === undefined) return undefined;
      return row.expanded ? clamp(at + 1) : { toggle: row.node.template.id };
    case 'ArrowLeft': {
      if (row.expanded) return { toggle: row.node.template.id };
      for (let i = at - 1; i >= 0; i--) if (rows[i]!.depth === row.depth - 1) return { to: i };
      return undefined;
    }
    default:
      return undefined;
  }
}

/** What a filter leaves: the templates that match, and those of their parents that show where they come from. */
export function withAncestors<T extends Made>(
  all: readonly T[],
  matches: (template: T) => boolean,
): { shown: T[]; matching: Set<string> } {
  const matching = new Set<string>();
  const kept = new Set<string>();
  for (const template of all) {
    if (!matches(template)) continue;
    matching.add(template.id);
    kept.add(template.id);
    for (const parent of ancestorsOf(template, all)) kept.add(parent.id);
  }
  return { shown: all.filter((template) => kept.has(template.id)), matching };
}
