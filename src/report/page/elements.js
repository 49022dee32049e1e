'use strict';
// Elements, numbers and texts. What a model wrote is hostile until shown otherwise: every string becomes a
// text node, none becomes markup.
const data = JSON.parse(document.getElementById('data').textContent);
const fine = x => typeof x === 'number' && Number.isFinite(x);

const fill = (node, attributes, children) => {
  for (const [key, value] of Object.entries(attributes || {}))
    if (key === 'on')
      for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(key, value);
  node.append(...children.flat(9).filter(child => child !== null && child !== undefined && child !== false));
  return node;
};
const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
    fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
const div = (name, ...children) => el('div', {class: name}, ...children);
const facts = list => el(
    'dl', {class: 'facts'},
    list.map(
        ([label, value]) => el('div', {}, el('dt', {}, label), el('dd', {}, visible(String(value)) || '–'))));
const details = (title, ...content) => el('details', {}, el('summary', {}, title), content);
const table = (head, rows, kind) =>
    div('scroll',
        el('table', {class: kind},
           el('thead', {}, el('tr', {}, head.map(title => el('th', {scope: 'col'}, title)))),
           el('tbody', {}, rows.map(row => el('tr', {}, row.map(cell => el('td', {}, cell)))))));

// ---- numbers
const minus = text => text.replace('-', '\u2212');
const fixed = (x, digits) => fine(x) ? minus(x.toFixed(digits)) : '–';
const whole = x => fine(x) ? Math.round(x).toLocaleString('en') : '–';
const percent = (x, digits = 0) => fine(x) ? fixed(100 * x, digits) + '\u202f%' : '–';
const brief = (x, digits = 3) => {  // for sizes that are not known beforehand
  if (!fine(x)) return '–';
  const size = Math.abs(x);
  if (size !== 0 && (size < 0.001 || size >= 1e6))
    return minus(x.toExponential(1).replace('.0e', 'e').replace('e+', 'e'));
  return minus(String(Number(x.toPrecision(digits))));
};
const duration = s => s < 60 ? fixed(s, s < 10 ? 1 : 0) + ' s' :
    s < 3600                 ? whole(s / 60) + ' min' :
    s < 172800               ? fixed(s / 3600, 1) + ' h' :
                               fixed(s / 86400, 1) + ' days';
const sum = object => Object.values(object || {}).filter(fine).reduce((a, b) => a + b, 0);
// What stands at "a/b/c"; undefined where nothing does or where it is null, so that no arithmetic makes a 0
// of it.
const at = (object, path) => path.split('/').reduce((o, key) => o?.[key] ?? undefined, object);

// ---- texts
const plain = reason => String(reason).replaceAll('_', ' ');
const listed = (...parts) => parts.filter(Boolean).join(' · ');
// Control characters, and those that turn the direction of writing, are shown by their numbers, so that none
// acts and none hides.
const numbered = c => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
const visible = text =>
    text.replaceAll('\r\n', '\n')
        .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, numbered);
const kShortText = 1200;
function longText(text, kind = '') {
  const node = el('p', {class: 'text ' + kind, dir: 'auto'});
  if (text.length <= kShortText) {
    node.textContent = visible(text);
    return node;
  }
  const cut = kShortText - (text.charCodeAt(kShortText - 1) >> 10 === 0x36 ? 1 : 0);  // not inside of a pair
  const more =
      el('button', {
        type: 'button',
        class: 'more small',
        on: {
          click: () => {
            node.textContent = visible(text);
          }
        }
      },
         `more (${whole(text.length - cut)} characters)`);
  node.append(visible(text.slice(0, cut)) + ' … ', more);
  return node;
}

function warningList(list) {
  const measured = w => fine(w.value) &&
      el('small', {},
         ` ${w.name ? plain(w.name) + ' ' : ''}${brief(w.value)}${
             fine(w.limit) ? `, limit ${brief(w.limit)}` : ''}`);
  return el(
      'ul', {class: 'warnings'},
      list.map(w => el('li', {}, el('b', {}, visible(w.where)), visible(w.text), measured(w))));
}

// ---- the page: sections that fail do not take the others with them
function drawSections(sections) {
  const main = document.getElementById('main'), nav = document.getElementById('nav');
  let failures = 0;
  for (const [id, title, intro, build] of sections) {
    let content;
    try {
      content = build();
    } catch (error) {
      failures++;
      console.error(id, error);
      content = el('p', {class: 'note'}, 'This section could not be drawn: ' + error.message);
    }
    if (!content || content.length === 0) continue;
    main.append(el('section', {id}, el('h2', {}, title), intro && el('p', {class: 'intro'}, intro), content));
    nav.append(el('a', {href: '#' + id}, title));
  }
  nav.parentNode.hidden = !nav.firstChild;
  document.documentElement.setAttribute('data-ready', failures ? 'with-failures' : 'yes');
}
