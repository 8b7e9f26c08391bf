// SPDX-License-Identifier: Apache-2.0
// The API's own document, to be read and tried. No text of it becomes markup: elements are made, never parsed.

const byId = (id) => document.getElementById(id);
const isSocket = (operation) => '101' in operation.responses;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(key, value === true ? '' : value);
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

function resolved(api, schema) {
  let found = schema;
  for (let depth = 0; found?.$ref && depth < 20; ++depth) found = api.components.schemas[found.$ref.split('/').pop()];
  return found ?? {};
}

/** "string, at most 100 characters", in the words of the schema. */
function typeOf(api, schema) {
  if (schema?.$ref) return schema.$ref.split('/').pop();
  if (schema?.type === 'array') return `list of ${typeOf(api, schema.items)}`;
  if (schema?.enum) return schema.enum.join(' | ');
  const notes = ['format', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'description']
    .filter((key) => schema?.[key] !== undefined)
    .map((key) => `${key} ${schema[key]}`);
  return [schema?.type ?? 'anything', ...notes].join(', ');
}

/** A value that fits, to begin with: only what must be sent. */
function example(api, schema, depth = 0) {
  const full = resolved(api, schema);
  if (full.example !== undefined) return full.example;
  if (full.enum) return full.enum[0];
  if (full.type === 'object') {
    const wanted = depth > 4 ? [] : (full.required ?? []);
    return Object.fromEntries(wanted.map((name) => [name, example(api, full.properties[name], depth + 1)]));
  }
  return { array: [], integer: 0, number: 0, boolean: false, string: '' }[full.type] ?? null;
}

function fieldRows(api, schema) {
  const full = resolved(api, schema);
  const rows = Object.entries(full.properties ?? {}).map(([name, field]) =>
    element('tr', {}, element('td', {}, element('code', {}, name)),
      element('td', {}, typeOf(api, field)), element('td', {}, full.required?.includes(name) ? 'always' : '')));
  return rows.length ? element('table', {}, ...rows) : element('p', {}, typeOf(api, schema));
}

function answersOf(api, operation) {
  return Object.entries(operation.responses).map(([status, answer]) => {
    const types = Object.entries(answer.content ?? {});
    const schema = answer.content?.['application/json']?.schema;
    const head = `${status} ${answer.description ?? ''} ${types.map(([type]) => type).join(', ')}`;
    return element('details', {}, element('summary', {}, head), element('div', {}, schema ? fieldRows(api, schema) : 'No JSON.'));
  });
}

function credentials() {
  const key = byId('api-key').value.trim();
  const token = byId('token').value.trim();
  if (key) return { 'X-API-Key': key };
  return token ? { Authorization: `Bearer ${token}` } : {};
}

function requestOf(path, method, inputs, body) {
  const query = new URLSearchParams();
  let target = path;
  for (const { parameter, input } of inputs) {
    const value = input.value.trim();
    if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value) query.append(parameter.name, value);
  }
  const headers = credentials();
  const init = { method: method.toUpperCase(), headers, credentials: 'same-origin', redirect: 'manual' };
  if (body) {
    init.body = body.value;
    headers['Content-Type'] = body.dataset.type;
  }
  const text = query.toString();
  return [text ? `${target}?${text}` : target, init];
}

/** The same call for a shell; secrets are left out. */
function curlOf(target, init) {
  const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const shown = { ...init.headers };
  if (shown['X-API-Key']) shown['X-API-Key'] = '$SANDBAR_API_KEY';
  if (shown.Authorization) shown.Authorization = 'Bearer $TOKEN';
  const headers = Object.entries(shown).map(([name, value]) => `-H "${name}: ${value}"`);
  const body = init.body === undefined ? [] : ['--data-binary', quote(init.body)];
  return ['curl', '-X', init.method, ...headers, ...body, quote(location.origin + target)].join(' ');
}

const kMostShown = 200_000;

async function bodyText(response) {
  const type = response.headers.get('content-type') ?? '';
  if (!/json|text|yaml|csv/.test(type)) return `${(await response.arrayBuffer()).byteLength} bytes of ${type || 'nothing'}`;
  const text = await response.text();
  if (text.length > kMostShown) return `${text.slice(0, kMostShown)}\n… ${text.length - kMostShown} more characters`;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(output, target, init) {
  output.replaceChildren(element('p', {}, 'Waiting for the answer…'));
  const begin = performance.now();
  try {
    const response = await fetch(target, init);
    const text = await bodyText(response);
    const ms = Math.round(performance.now() - begin);
    output.replaceChildren(
      element('p', {}, `${response.status} ${response.statusText}, ${ms} ms, request ${response.headers.get('x-request-id') ?? '?'}`),
      element('pre', {}, text), element('pre', {}, curlOf(target, init)));
  } catch (error) {
    output.replaceChildren(element('p', {}, `No answer: ${error.message}`));
  }
}

function inputFor(api, parameter) {
  const full = resolved(api, parameter.schema);
  const choices = full.enum ?? (full.type === 'boolean' ? ['true', 'false'] : undefined);
  if (!choices) return element('input', { placeholder: full.example ?? full.type ?? '', spellcheck: 'false' });
  return element('select', {}, element('option', { value: '' }, ''), ...choices.map((choice) => element('option', {}, choice)));
}

function bodyFor(api, operation) {
  const [type, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (!type) return undefined;
  const area = element('textarea', { 'data-type': type, 'aria-label': 'body', spellcheck: 'false' });
  area.value = content.schema ? JSON.stringify(example(api, content.schema), null, 2) : '';
  return area;
}

function tryIt(api, path, method, operation) {
  const inputs = (operation.parameters ?? []).map((parameter) => ({ parameter, input: inputFor(api, parameter) }));
  const rows = inputs.map(({ parameter, input }) =>
    element('tr', {}, element('td', {}, element('label', {}, element('code', {}, parameter.name), input)),
      element('td', {}, typeOf(api, parameter.schema)), element('td', {}, parameter.required ? 'required' : '')));
  const body = bodyFor(api, operation);
  const output = element('div', { 'aria-live': 'polite' });
  const button = element('button', { type: 'submit' }, 'Send');
  const submit = (event) => {
    event.preventDefault();
    send(output, ...requestOf(path, method, inputs, body));
  };
  const schema = operation.requestBody?.content?.['application/json']?.schema;
  return element('form', { onsubmit: submit }, rows.length ? element('table', {}, ...rows) : undefined, body,
    schema ? fieldRows(api, schema) : undefined, isSocket(operation) ? element('p', {}, 'A WebSocket: not to be tried from here.') : button, output);
}

function operationView(api, path, method, operation) {
  const summary = element('summary', {}, element('span', { class: `method ${method}` }, method.toUpperCase()),
    element('span', { class: 'path' }, path), operation.summary, element('span', { class: 'access' }, operation['x-access']));
  const content = element('div');
  const view = element('details', { 'data-words': `${method} ${path} ${operation.summary}`.toLowerCase() }, summary, content);
  view.addEventListener('toggle', () => {
    if (view.open && !content.hasChildNodes()) content.append(tryIt(api, path, method, operation), ...answersOf(api, operation));
  });
  return view;
}

function show(api) {
  byId('version').textContent = api.info.version;
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'other';
      groups.set(tag, [...(groups.get(tag) ?? []), operationView(api, path, method, operation)]);
    }
  byId('operations').replaceChildren(
    ...[...groups].sort(([a], [b]) => a.localeCompare(b)).map(([tag, views]) => element('section', {}, element('h2', {}, tag), ...views)));
}

function find() {
  const words = byId('find').value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const view of document.querySelectorAll('[data-words]')) view.hidden = !words.every((word) => view.dataset.words.includes(word));
  for (const section of document.querySelectorAll('section')) section.hidden = !section.querySelector('[data-words]:not([hidden])');
}

byId('credentials').addEventListener('submit', (event) => event.preventDefault());
byId('find').addEventListener('input', find);
try {
  show(await (await fetch('openapi.json')).json());
} catch (error) {
  byId('state').textContent = `The document could not be read: ${error.message}`;
}
