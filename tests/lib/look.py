"""What WCAG 2.2 AA asks of a page and a machine can see. Each check returns what is wrong: an empty list is good.

KW_AXE: path of an axe.min.js (npm pack axe-core), which is then asked as well.
"""

import os
import pathlib

AXE = os.environ.get("KW_AXE")

# Contrast (1.4.3): the color of each visible text against the first opaque color behind it.
CONTRAST = r"""
const parse = (color) => {
  const probe = document.createElement('canvas').getContext('2d');
  probe.fillStyle = color; probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data];
};
const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] / 255 + below[i] * (1 - top[3] / 255)).concat(255);
const behind = (element) => {
  let layers = [];
  for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), parse('Canvas'));
};
const light = (color) => {
  const [r, g, b] = color.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
const wrong = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
  const style = getComputedStyle(element), ground = behind(element);
  const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  const found = ratio(over(parse(style.color), ground), ground);
  seen++;
  if (found < (large ? 3 : 4.5) && !element.closest('[disabled], [aria-disabled=true], noscript'))
    wrong.push(`${found.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
}
return seen ? wrong : ['no text was seen'];
"""

# Reflow (1.4.10): nothing is wider than the screen.
WIDER = r"""
const root = document.documentElement;
if (root.scrollWidth <= root.clientWidth) return [];
return [`${root.scrollWidth} px of ${root.clientWidth}`].concat(
  [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 0.5)
    .slice(0, 5).map((e) => e.outerHTML.slice(0, 120)));
"""

# Nothing stands out of the box it is in.
SPILLED = r"""
return [...document.querySelectorAll('body *')].filter((e) => !e.matches('input, select, span.mark') && e.clientWidth)
  .filter((e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX === 'visible')
  .map((e) => `spilled: ${e.outerHTML.slice(0, 120)}`);
"""

# Target size (2.5.8): 24 by 24 px, links within a sentence aside.
SMALL = r"""
const inline = (e) => e.tagName === 'A' && getComputedStyle(e).display === 'inline';
return [...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, a[href], summary')]
  .filter((e) => e.checkVisibility() && !inline(e))
  .filter((e) => { const box = e.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
  .map((e) => e.outerHTML.slice(0, 120));
"""

# Language of page (3.1.1), title (2.4.2), one main heading, landmarks, no positive tabindex, zoom allowed (1.4.4), unique ids.
FRAME = r"""
const wrong = [], all = (css) => [...document.querySelectorAll(css)];
if (!/^[a-z]{2}(-|$)/.test(document.documentElement.lang)) wrong.push('lang');
if (!document.title.trim()) wrong.push('title');
if (all('h1').length !== 1) wrong.push(`${all('h1').length} h1`);
if (all('main').length !== 1) wrong.push(`${all('main').length} main`);
if (all('[tabindex]').some((e) => e.tabIndex > 0)) wrong.push('tabindex');
const viewport = document.querySelector('meta[name=viewport]')?.content ?? '';
if (!/width=device-width/.test(viewport) || /user-scalable=no|maximum-scale/.test(viewport)) wrong.push(`viewport ${viewport}`);
const ids = all('[id]').map((e) => e.id);
if (new Set(ids).size !== ids.length) wrong.push('an id stands twice');
for (const e of all('[aria-describedby], [aria-labelledby]'))
  for (const id of [e.getAttribute('aria-describedby'), e.getAttribute('aria-labelledby')].join(' ').split(/\s+/))
    if (id && !document.getElementById(id)) wrong.push(`${id} is nowhere`);
for (const e of all('img')) if (!e.hasAttribute('alt')) wrong.push('img without alt');
for (const e of all('[style], style, script:not([src])')) wrong.push(`inline: ${e.outerHTML.slice(0, 80)}`);
const levels = all('h1, h2, h3, h4').map((e) => +e.tagName[1]);
levels.forEach((level, i) => { if (level > (levels[i - 1] ?? 0) + 1) wrong.push(`h${level} after h${levels[i - 1]}`); });
return wrong;
"""

NAMED = {"textbox", "searchbox", "button", "link", "checkbox", "combobox", "spinbutton", "image", "form", "dialog", "alert"}
NEEDS_NAME = NAMED - {"form", "alert"}


def accessibility_tree(browser):
    """What a screen reader is told: [(role, name, properties)]."""
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            node.get("role", {}).get("value", ""),
            node.get("name", {}).get("value", ""),
            {"description": node.get("description", {}).get("value", "")}
            | {p["name"]: p["value"].get("value") for p in node.get("properties", [])},
        )
        for node in nodes
        if not node.get("ignored")
    ]


def nameless(browser):
    return [f"{role} without a name" for role, name, _ in accessibility_tree(browser) if role in NEEDS_NAME and not name.strip()]


def axe(browser):
    """The second opinion: axe-core, which needs scripts and their timers itself."""
    if not AXE or not browser.traits.get("javascript", True):
        return []
    browser.evaluate(pathlib.Path(AXE).read_text() + ";window.axe = axe")
    # The inbox of dev mode refreshes itself, and is meant to.
    found = browser.evaluate("return axe.run({preload: false, rules: {'meta-refresh': {enabled: false}}})")["violations"]
    return [f"axe {rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


# Text spacing (1.4.12): people may spread the text; it must not run out of its place then.
SPREAD = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
  p { margin-bottom: 2em !important }`);
document.adoptedStyleSheets = [sheet];
return getComputedStyle(document.body).letterSpacing;
"""


def faults_when_spread(browser):
    """For the last check of a page, whose text stays spread."""
    assert browser.evaluate(SPREAD) != "normal"
    return [fault for check in (WIDER, SPILLED) for fault in browser.evaluate(check)]


def faults(browser):
    """All checks on the page that is shown."""
    seen = [fault for check in (CONTRAST, WIDER, SPILLED, SMALL, FRAME) for fault in browser.evaluate(check)]
    return seen + nameless(browser) + axe(browser)
