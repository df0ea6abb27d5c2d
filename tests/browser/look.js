/* Examines the page that is open and returns what is wrong with it, one line each. Run by test_access.py through the
 * driver; no page of the product loads it. Modelled on the checks of WCAG 2.2 AA that a program can make. */
const wrong = [];
const where = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className && e.className.baseVal === undefined
    ? "." + String(e.className).trim().split(/\s+/).join(".") : "") + " «" + (e.textContent || "").trim().slice(0, 40) + "»";
const shown = (e) => {
    for (let at = e; at; at = at.parentElement) {
        const style = getComputedStyle(at);
        if (style.display === "none" || style.visibility === "hidden" || at.hasAttribute("hidden")) return false;
        if (at.tagName === "DETAILS" && !at.open && !(e.closest("summary") && e.closest("summary").parentElement === at)
            && e !== at) return false;
    }
    return e.getClientRects().length > 0;
};
const away = (e) => e.closest(".away") !== null;

/* --- The document ------------------------------------------------------------------------------------------------ */
if (!/^(kk|ru|en)$/.test(document.documentElement.lang)) wrong.push("html has no lang");
if (!document.title.trim()) wrong.push("no title");
if (document.querySelectorAll("h1").length !== 1) wrong.push("h1: " + document.querySelectorAll("h1").length);
let level = 0;
for (const h of document.querySelectorAll("h1,h2,h3,h4,h5,h6")) {
    const its = Number(h.tagName[1]);
    if (level && its > level + 1) wrong.push("heading skips a level: " + where(h));
    if (!h.textContent.trim()) wrong.push("empty heading: " + where(h));
    level = its;
}
for (const [name, count] of [["main", 1], ["body > header", 1], ["body > footer", 1]])
    if (document.querySelectorAll(name).length !== count) wrong.push(name + ": " + document.querySelectorAll(name).length);
const named = (e) => e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ")
    .map((id) => (document.getElementById(id) || {}).textContent || "").join(" ").trim();
const labels = new Set();
for (const nav of document.querySelectorAll("nav, aside, section, form[role=search]")) {
    if (nav.tagName === "SECTION" && !nav.hasAttribute("aria-labelledby") && !nav.hasAttribute("aria-label")) continue;
    if (nav.tagName === "FORM") continue;
    const label = named(nav);
    if (!label) wrong.push("a landmark without a name: " + where(nav));
    if (nav.tagName === "NAV" && labels.has(label)) wrong.push("two landmarks of one name: " + label);
    if (nav.tagName === "NAV") labels.add(label);
}
const first = document.querySelector("a[href]");
if (!first || first.getAttribute("href") !== "#main" || !document.getElementById("main")) wrong.push("no skip link first");
const ids = new Set();
for (const e of document.querySelectorAll("[id]")) {
    if (ids.has(e.id)) wrong.push("id twice: " + e.id);
    ids.add(e.id);
}
for (const attribute of ["aria-describedby", "aria-labelledby", "for"])
    for (const e of document.querySelectorAll("[" + attribute + "]"))
        for (const id of e.getAttribute(attribute).split(/\s+/))
            if (id && !document.getElementById(id)) wrong.push(attribute + " points nowhere: " + id);
for (const script of document.querySelectorAll("script, [onclick], [style]")) wrong.push("script or inline style: " + where(script));
for (const e of document.querySelectorAll("[src], link[href], use[href]")) {
    const address = new URL(e.getAttribute("src") || e.getAttribute("href"), location.href);
    if (address.origin !== location.origin) wrong.push("from elsewhere: " + address);
}

/* --- Controls, pictures, tables ---------------------------------------------------------------------------------- */
for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const label = (e.labels && [...e.labels].map((l) => l.textContent).join(" ").trim()) || named(e);
    if (!label) wrong.push("no label: " + where(e) + " " + e.name);
    if ((e.type === "radio" || e.type === "checkbox") && !e.closest("fieldset")) wrong.push("an option without a group: " + e.name);
}
for (const group of document.querySelectorAll("fieldset"))
    if (!group.querySelector(":scope > legend") || !group.querySelector(":scope > legend").textContent.trim())
        wrong.push("a group without a name: " + where(group));
for (const e of document.querySelectorAll("a[href], button, summary"))
    if (!e.textContent.trim() && !named(e)) wrong.push("no name: " + where(e));
for (const svg of document.querySelectorAll("svg"))
    if (svg.getAttribute("aria-hidden") !== "true" && !(svg.getAttribute("role") === "img" && named(svg)) && !svg.closest("[role=img]"))
        wrong.push("a picture without words: " + where(svg.parentElement));
for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) wrong.push("an image without alt");
for (const table of document.querySelectorAll("table")) {
    if (!table.querySelector("caption") && !table.closest("[aria-labelledby]")) wrong.push("a table without a caption");
    for (const th of table.querySelectorAll("th")) if (!th.scope) wrong.push("th without scope: " + where(th));
}
for (const time of document.querySelectorAll("time")) if (!time.dateTime) wrong.push("time without datetime");

/* --- Contrast ---------------------------------------------------------------------------------------------------- */
const colour = (text) => {
    const parts = (text.match(/[\d.]+/g) || []).map(Number);
    return parts.length < 3 ? [0, 0, 0, 0] : [parts[0], parts[1], parts[2], parts.length > 3 ? parts[3] : 1];
};
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat([1]);
const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
        const style = getComputedStyle(at);
        const gradient = style.backgroundImage.match(/rgba?\([^)]*\)/);
        if (gradient && colour(gradient[0])[3] > 0.5) { layers.push(colour(gradient[0])); break; }
        const its = colour(style.backgroundColor);
        if (its[3] > 0) layers.push(its);
        if (its[3] === 1) break;
    }
    let below = colour(getComputedStyle(document.body).backgroundColor);
    if (below[3] < 1) below = [255, 255, 255, 1];
    for (const layer of layers.reverse()) below = over(layer, below);
    return below;
};
const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || away(e) || e.closest("option") || !shown(e)) continue;
    texts++;
    const style = getComputedStyle(e), below = ground(e);
    const ink = e.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const enough = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const its = contrast(over(colour(ink), below), below);
    if (its < enough) wrong.push("contrast " + its.toFixed(2) + " < " + enough + ": " + where(e));
}
if (texts < 10) wrong.push("hardly a text on the page: " + texts);
for (const e of document.querySelectorAll("input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea")) {
    if (!shown(e)) continue;
    const its = contrast(over(colour(getComputedStyle(e).borderTopColor), ground(e.parentElement)), ground(e.parentElement));
    if (its < 3) wrong.push("a control's border " + its.toFixed(2) + " < 3: " + e.name);
}

/* --- Room -------------------------------------------------------------------------------------------------------- */
/* clientWidth, for a phone's innerWidth grows with what overflows. */
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wrong.push("wider than the screen: " + document.documentElement.scrollWidth);
for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
    if (!shown(e) || e.classList.contains("skip")) continue;
    const inText = e.tagName === "A" && getComputedStyle(e).display === "inline" &&
        e.closest("p, li, dd, dt, td, th, h1, h2, h3, h4, figcaption, .note") !== null;
    const box = e.closest("label.option") || e;
    const r = box.getBoundingClientRect();
    if (!inText && (r.width < 24 || r.height < 24)) wrong.push("a target of " + Math.round(r.width) + "×" + Math.round(r.height) + ": " + where(e));
}
return wrong;
