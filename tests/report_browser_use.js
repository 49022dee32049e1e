// Uses a report as a reader would, through its elements; run by report_browser_test.sh behind the page's own
// script. What is wrong lands in data-failed of the root element.
const problems = [], root = document.documentElement;
const wanted = (holds, what) => {
  if (!holds) problems.push(what);
};
const one = selector => document.querySelector(selector), number = text => Number(text.replaceAll(',', ''));
const put = (field, value) => {
  field.value = value;
  field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input'));
};

for (const chart of document.querySelectorAll('.chart svg')) {
  const readout = chart.previousElementSibling, before = readout.textContent;
  chart.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
  wanted(
      readout.textContent !== before || before === '',
      `the readout of "${chart.previousElementSibling.previousElementSibling.textContent}" does not move`);
  chart.dispatchEvent(new PointerEvent('pointermove', {clientX: 9, bubbles: true}));
}
for (const part of document.querySelectorAll('details')) {
  part.open = true;
  part.dispatchEvent(new Event('toggle'));
}
for (const values of document.querySelectorAll('.chart details'))
  wanted(values.querySelector('td'), 'a chart has no table of its values');

const randomJudge =
    [...document.querySelectorAll('#models tr')].find(row => row.textContent.startsWith('judge: random'));
if (randomJudge) {
  const names =
      [...document.querySelectorAll('#models thead tr:last-child th')].map(title => title.textContent);
  wanted(
      randomJudge.cells[names.indexOf('Kendall τ')].textContent === '–', 'a missing number is not missing');
}
function useBrowser() {
  const [round, outcome, order] = document.querySelectorAll('#pairs select'),
                         search = one('#pairs input[type=search]');
  const [low, high] = document.querySelectorAll('#pairs input[type=number]'), rows = one('#pairs .rows'),
              pane = one('#pairs .pane');
  const found = () => number(one('#pairs .tools [role=status]').textContent.split(' of ')[0]);
  const all = found();
  wanted(document.querySelectorAll('#pairs .row').length < 60, 'the list draws rows that are out of view');
  const counts = choice => [...choice.options].slice(1).map(option => {
    put(choice, option.value);
    return found();
  });
  const [kept, dropped, ...reasons] = counts(outcome), sum = list => list.reduce((a, b) => a + b, 0);
  wanted(kept > 0 && kept + dropped === all, 'kept and dropped are not all prompts');
  wanted(sum(reasons) === dropped, 'the reasons are not all of the dropped prompts');
  wanted(pane.textContent.includes('No pair: '), 'a dropped prompt does not say why');
  put(outcome, '');
  wanted(sum(counts(round)) === all, 'the rounds are not all prompts');
  put(round, '');
  put(low, '2.5');
  const wide = found();
  wanted(wide > 0 && wide < kept, 'the margin does not filter');
  put(high, '2.4');
  wanted(
      found() === 0 && !one('#pairs .row') && pane.children.length === 0,
      'an empty range of margins finds something');
  put(low, ''), put(high, '');
  put(order, 'largest margin first');
  const first = one('#pairs .row').textContent;
  put(order, 'smallest margin first');
  wanted(one('#pairs .row').textContent !== first, 'the order of the margins changes nothing');
  put(order, 'in the order of the run');
  put(search, 'no such text');
  wanted(found() === 0, 'a text that is nowhere is found');
  put(search, 'desrever data-hacked');
  wanted(found() > 0 && found() < all, 'the hostile text is not found alone');
  wanted(
      pane.textContent.includes(
          '<' +
          '/script><script>document'),
      'the hostile text is not shown as it is');
  wanted(pane.textContent.includes('⟨U+202E⟩desrever'), 'a turned direction of writing is not shown');
  wanted(
      pane.textContent.includes('⟨U+001B⟩[31m⟨U+007F⟩'), 'control characters are not shown by their numbers');
  wanted(!pane.querySelector('img, script'), 'a text became markup');
  put(search, '');
  for (let i = 0; i < 30; i++) rows.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown'}));
  const selected = one('#pairs .row[aria-selected="true"]');
  wanted(selected && selected.id === 'row-29', 'the arrow keys do not select');
  rows.dispatchEvent(new KeyboardEvent('keydown', {key: 'End'}));
  wanted(
      one('#pairs .row[aria-selected="true"]')?.getAttribute('aria-posinset') === String(all),
      'the End key does not reach the last prompt');
  one('#pairs input[type=checkbox]').click();
  wanted(pane.querySelector('details[open]') || !pane.querySelector('details'), 'the replies do not open');
  dispatchEvent(new Event('beforeprint'));
  wanted(document.querySelectorAll('#pairs .printed article').length === 5, 'no pairs are printed');
}
function useAnswers() {
  const search = one('#answers input[type=search]');
  for (let i = 0; i < 9; i++) one('#answers .more').click();
  put(search, 'no such text');
  wanted(!one('#answers article'), 'the search of the answers keeps what has no hit');
}
if (one('#pairs')) useBrowser();
if (one('#answers')) useAnswers();
wanted(
    root.scrollWidth <= innerWidth, `the page is wider than its window: ${root.scrollWidth} > ${innerWidth}`);
if (innerWidth < 700) {  // as wide as a phone, which the window cannot be
  root.style.width = '360px';
  wanted(document.body.scrollWidth <= 360, `the page needs ${document.body.scrollWidth} pixels on a phone`);
}
root.setAttribute('data-used', 'yes');
if (problems.length) root.setAttribute('data-failed', problems.join('; '));
